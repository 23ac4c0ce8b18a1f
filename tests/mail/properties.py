#!/usr/bin/python3
"""Whatever a device or a person can fill in: a message arrives with exactly the envelope, headers, text, HTML and attachments
that were meant, or is refused. Octets are random from a fixed seed, chosen for malice.

properties.py [SEED [ROUNDS]]"""
import email
import email.header
import email.policy
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests", "mail"))
import rig
import script
from rig import deliver, job

SEED, ROUNDS = (int(sys.argv[1]) if len(sys.argv) > 1 else 1), (int(sys.argv[2]) if len(sys.argv) > 2 else 12)
A_JOB = 20
tap = rig.Tap()
dice = random.Random(SEED)
NASTY = ["\r\nBcc: evil@x\r\n", "\n.\r\n", "\r", "\n", "\0", "\x1b[2J", "\x1b]0;x\7", "\x85", "\x9b", "\x7f"]
STRANGE = ["\u2028", "\u202eevil\u202c", "\u200b", "\ufeff", "é", "日本語", "\U0001f525", "e\u0301\u0302\u0303", "=?utf-8?q?=41?=", "=?", "?=", "=?utf-8?b?!!?=",
           "\"", "\\", "<", ">", "(", ")", ",", ";", ":", "@", " ", "  ", "\u00a0", "a" * 70, "From ", ".", "..", "--", "%s%n", "Bcc:", "=20", "\u2066x\u2069",
           "<script>alert(1)</script>", "&amp;", "'", "word", "10.0.0.1", "▲"]
HEADERS = ["Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "MIME-Version", "Message-Id", "Subject", "To"]


def some(parts, most=8):
    return "".join(dice.choice(parts) for _ in range(dice.randrange(1, most)))


def line(limit=480):
    s = some(STRANGE)
    while len(s.encode()) > limit:
        s = s[:-1]
    return s


def text():
    return "".join(dice.choice(STRANGE + NASTY + ["\n", "\n.\n", "x" * 1200, " \n", "\t"]) for _ in range(dice.randrange(0, 40)))


def address():
    local = "".join(dice.choice("abcxyz0189!#$%&'*+-/=?^_`{|}~") for _ in range(dice.randrange(1, 30)))
    return local + "@" + dice.choice(["localhost", "example.net", "a-b.example", "[127.0.0.1]"])


def octets():
    return bytes(dice.randrange(256) for _ in range(dice.randrange(0, 3000)))


def header_names():
    """A name for people: any line, without what ends a quoted one."""
    return line(200).replace("<", "").replace(">", "").replace("\\", "").replace('"', "").strip(" ")


def file_name():
    """What Python itself would change is left out: it decodes "=?" also where it stands for itself, and cuts spaces, quotes and <>."""
    return line(100).replace("=?", "").replace("?=", "").strip(' "<>\u00a0\u2028') or "x"


def make(number):
    to = [address() for _ in range(dice.randrange(1, 5))]
    name = header_names()
    m = {"envelope": address(), "from": address(), "name": name, "subject": line(), "message-id": "<%d.%d@localhost>" % (SEED, number),
         "to": to, "text": text(), "html": text() if dice.random() < .6 else None,
         "attachments": [(file_name(), dice.choice(["text/csv", "application/octet-stream", "image/png"]), octets())
                         for _ in range(dice.randrange(0, 3))]}
    m["date"] = dice.randrange(0, 4102444800)
    return m


def fields(m):
    sender = '"%s" <%s>' % (m["name"], m["from"]) if m["name"] else m["from"]
    pairs = [("envelope", m["envelope"])] + [("recipient", r) for r in m["to"]]
    pairs += [("from", sender), ("subject", m["subject"]), ("message-id", m["message-id"]), ("date", m["date"]), ("text", m["text"])]
    if m["html"] is not None:
        pairs.append(("html", m["html"]))
    return pairs + [("attachment", b"%s\n%s\n%s" % (n.encode(), t.encode(), o)) for n, t, o in m["attachments"]]


def lines_of(s):
    s = s.replace("\r\n", "\n").replace("\r", "\n")
    return (s if s.endswith("\n") else s + "\n").encode()


def body_of(part):
    return part.get_payload(decode=True).replace(b"\r\n", b"\n")


def differences(wire, m):
    """What is not as it was meant, as sentences."""
    out = []
    if not wire.endswith(b"\r\n.\r\n") or re.search(rb"[^\r]\n|\r[^\n]|[^\t\r\n -~]", wire):
        out.append("octets that may not be in a 7 bit message")
    raw = b"".join(l[1:] if l.startswith(b".") else l for l in wire[:-3].splitlines(True))
    if max(len(l) for l in raw.split(b"\r\n")) > 998 or max(len(l) for l in raw.split(b"\r\n\r\n")[0].split(b"\r\n")) > 990:
        out.append("overlong lines")
    p = email.message_from_bytes(raw, policy=email.policy.SMTP)
    names = sorted(h for h in p.keys())
    allowed = HEADERS if not p.is_multipart() else [h for h in HEADERS if h != "Content-Transfer-Encoding"]
    if [n.lower() for n in names] != [n.lower() for n in allowed] and names != sorted(allowed):
        out.append("headers %s" % names)
    got = {"subject": p["Subject"], "from": [sender(raw)], "to":
           [a.addr_spec for a in p["To"].addresses], "message-id": p["Message-ID"].strip(), "date": int(p["Date"].datetime.timestamp())}
    want = {"subject": m["subject"], "from": [(m["name"], m["from"])], "to": m["to"], "message-id": m["message-id"], "date": m["date"]}
    for k in got:
        if got[k] != want[k]:
            out.append("%s: got %r, want %r" % (k, got[k], want[k]))
    text, html = p.get_body(("plain",)), p.get_body(("html",))
    if body_of(text) != lines_of(m["text"]):
        out.append("text: got %r, want %r" % (body_of(text)[:300], lines_of(m["text"])[:300]))
    if (html is None) != (m["html"] is None) or html is not None and body_of(html) != lines_of(m["html"]):
        out.append("the HTML differs")
    files = [(a.get_filename(), a.get_content_type(), a.get_payload(decode=True)) for a in p.iter_attachments()]
    if files != m["attachments"]:
        out.append("attachments: got %r, want %r" % ([f[:2] for f in files], [f[:2] for f in m["attachments"]]))
    return out, raw


def sender(raw):
    """Not by Python's readers of addresses: one leaves spaces between the encoded words of a name, the other gives up."""
    value = re.sub(r"\r?\n", "", email.message_from_bytes(raw, policy=email.policy.compat32)["From"])
    name, address = re.fullmatch("(.*) <([^<>]*)>", value).groups() if "<" in value else (None, value)
    if name and name[0] == '"':
        return re.sub(r"\\(.)", r"\1", name[1:-1]), address
    return str(email.header.make_header(email.header.decode_header(name or ""))), address


def envelopes(log):
    out = []
    for l in log:
        if l.startswith("MAIL"):
            out.append([re.match("MAIL FROM:<(.*?)>( |$)", l).group(1)])
        elif l.startswith("RCPT"):
            out[-1].append(re.match("RCPT TO:<(.*?)>( |$)", l).group(1))
    return out


def good_rounds():
    bad = n = 0
    first = []
    for _ in range(ROUNDS):
        s = script.Server("notls")
        messages = [make(n + i) for i in range(A_JOB)]
        n += A_JOB
        r = deliver(job({"server": "127.0.0.1", "port": s.port, "security": "plain"}, [fields(m) for m in messages]))
        s.close()
        if len(s.bodies) != A_JOB or any(c != ("delivered", 250) for c in r.classes):
            bad += 1
            first.append("not all delivered: %s %s %s" % (r.session, r.err, [v for v in r.verdicts if v[0] != "delivered"][:2]))
            continue
        if envelopes(s.log) != [[m["envelope"]] + m["to"] for m in messages]:
            bad += 1
            first.append("envelopes differ")
        for wire, m in zip(s.bodies, messages):
            out, raw = differences(wire, m)
            if out:
                bad += 1
                first.append("; ".join(out) + "\n" + raw[:700].decode("latin-1"))
    tap.ok(bad == 0, "%d messages of strange but allowed fields arrive as they were meant (seed %d)" % (n, SEED), "%d bad" % bad, *first[:4])


def hostile_rounds():
    """One field has what may be in no header or envelope."""
    bad, refused, told = 0, 0, []
    places = ["subject", "from", "name", "envelope", "to", "message-id", "attachment", "attachment-type"]
    count = ROUNDS * len(places)
    s = script.Server("notls")
    for i in range(count):
        m, place = make(i), places[i % len(places)]
        evil = dice.choice(["", "x", "a@b"]) + dice.choice(NASTY) + dice.choice(["", "x", "@localhost", "<evil@x>"])
        if place == "to":
            m["to"][-1] = m["to"][-1][:3] + evil
        elif place.startswith("attachment"):
            evil = evil.replace("\n", "\x1b")  # it would end the field
            m["attachments"] = [(evil, "text/csv", b"x") if place == "attachment" else ("x", evil, b"x")]
        else:
            m[place] = m[place][:3] + evil if place != "message-id" else "<1" + evil + "@x>"
        bodies = len(s.bodies)
        r = deliver(job({"server": "127.0.0.1", "port": s.port, "security": "plain"}, [fields(m)]))
        if len(s.bodies) == bodies:
            refused += 1
            if (r.status != 2 and not any(c == "permanent" for c, _ in r.classes)) or not all(31 < ord(c) < 127 for c in r.text):
                bad += 1
                told.append("refused, but how? %s: %r %s %s" % (place, evil, r.session, r.err))
        else:
            out, raw = differences(s.bodies[-1], m)
            if out:
                bad += 1
                told.append("%s: %r: %s" % (place, evil, "; ".join(out)))
    s.close()
    tap.ok(bad == 0 and refused > count * 3 // 4, "%d messages with a control character in a header or the envelope: refused, or harmless"
           % count, "%d bad, %d refused" % (bad, refused), *told[:8])
    tap.ok(not any("evil" in l for l in s.log if l.startswith(("RCPT", "MAIL"))), "nobody else got one")


good_rounds()
hostile_rounds()
tap.done()
