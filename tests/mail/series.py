"""Session after session with a real server, each with a message of its own; what the server stored, read back with Python's
email, is equal in every header and every octet of body to what was meant."""
import email
import email.policy
import re

from rig import deliver, job

TEXT = "Grüße an die Schicht\n\n.\n..\n.leading dot\nFrom the start\ntrailing \n" + "x" * 2000 + "\n\t\x7f tab\n日本\n"
HTML = "<p>%s</p>\n<pre>.\n</pre>\n" % ("é" * 3000)
OCTETS = bytes(range(256)) * 40
SUBJECT = "▲ ups-basement „Keller“ on battery: 8 min left, 日本語 and a subject that has to be folded, number %d"
DATE = 1795435200


def meant(number, to):
    return [("envelope", "noc@localhost"), ("from", 'Schicht Süd (NOC), "eins" <noc@localhost>'), ("subject", SUBJECT % number),
            ("message-id", "<%d.series@localhost>" % number), ("date", DATE + number), ("text", TEXT), ("html", HTML),
            ("attachment", "zeilen „neu“.csv\ntext/csv\n".encode() + OCTETS)] + [("recipient", a) for a in to]


def seen(octets, added):
    """What a reader sees of it, without the headers that the server put before it."""
    m = email.message_from_bytes(octets, policy=email.policy.default)
    own = [(k, v) for k, v in m.items() if k.lower() not in added]
    parts = [(p.get_content_type(), p.get_filename(), p.get_payload(decode=True)) for p in m.walk() if not p.is_multipart()]
    sender = m["From"].addresses[0]
    return {"names": sorted(k.lower() for k, _ in own), "from": (sender.display_name, sender.addr_spec),
            "to": [a.addr_spec for a in m["To"].addresses], "subject": m["Subject"], "message-id": m["Message-ID"],
            "date": int(m["Date"].datetime.timestamp()), "auto-submitted": m["Auto-Submitted"], "mime-version": m["MIME-Version"],
            "type": m.get_content_type(), "parts": [(t, f, o.replace(b"\r\n", b"\n") if t != "text/csv" else o) for t, f, o in parts]}


def expected(number, to):
    return {"names": sorted("auto-submitted content-type date from message-id mime-version subject to".split()),
            "from": ('Schicht Süd (NOC), "eins"', "noc@localhost"), "to": list(to), "subject": SUBJECT % number,
            "message-id": "<%d.series@localhost>" % number, "date": DATE + number, "auto-submitted": "auto-generated",
            "mime-version": "1.0", "type": "multipart/mixed",
            "parts": [("text/plain", None, TEXT.encode()), ("text/html", None, HTML.encode()), ("text/csv", "zeilen „neu“.csv", OCTETS)]}


def run(tap, name, relay, to, count, tls, stored, added=()):
    """`stored` gives the octets of what the server has, all of it from here; `added`: its own headers, in small letters."""
    bad = []
    for number in range(count):
        r = deliver(job(relay, [meant(number, to)], {"secret": "s3cret"}), timeout=600)
        if r.classes != [("delivered", 250)] * len(to) or r.tls != tls:
            bad.append("%s %s" % (r.session, r.verdicts))
    tap.ok(not bad, "%s: %d of %d sessions" % (name, count - len(bad), count), *bad[:5])
    got = stored(count)
    by_number = sorted(got, key=lambda o: int(re.search(rb"^Message-ID: <(\d+)\.series", o, re.M | re.I).group(1)))
    wrong = []
    for number, octets in enumerate(by_number):
        have, want = seen(octets, added), expected(number, to)
        wrong += ["%d, %s: got %.300r, want %.300r" % (number, k, have[k], want[k]) for k in want if have[k] != want[k]]
    tap.ok(len(got) == count and not wrong, "%s: %d messages stored, every header and octet as meant" % (name, len(got)), *wrong[:5])
