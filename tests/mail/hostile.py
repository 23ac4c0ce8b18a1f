#!/usr/bin/python3
"""Whatever a device or a person fills in, end to end: hostile octets by net-snmp's snmptrap to the collector, journal, digest
and a real mail server. The mail has the headers and recipients that were meant and no others, and no part of it has a
control character, an override of direction, markup or a formula of theirs.

hostile.py [TRAPS [SEED]]"""
import csv
import email
import email.policy
import html.parser
import io
import json
import mailbox
import os
import random
import sys
import unicodedata

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path[:0] = [TOP + "/tests/mail", TOP + "/tests/intake"]
import rig
from collector import *

TRAPS, SEED = (int(sys.argv[1]) if len(sys.argv) > 1 else 60), (int(sys.argv[2]) if len(sys.argv) > 2 else 1)
dice = random.Random(SEED)
EVIL = [b"\x1b[2J\x1b]0;x\x07", b"\0", b"\r\nBcc: evil@x.example\r\n", b"\r\n\r\n<h1>evil", b"\n.\r\nMAIL FROM:<evil@x>\r\n", b"\r", b"\n",
        b"\xff\xfe\x80\xc0\xaf", b"\xed\xa0\x80", b"\x9b31m", b"\x7f", b"x" * 1100, b"word ", b"=cmd|' /C calc'!A0", b"@SUM(1+1)", b"+1", b"-1",
        b"<script>alert(1)</script>", b"<img src=http://x.example/ onerror=alert(1)>", b"</td></table>", b"\"", b"'", b"&amp;", b",", b"%s%n",
        b"=?utf-8?q?=0d=0aBcc:?=", b"\t"] + [t.encode() for t in
        ("\u202eevil\u202c", "\u2066x\u2069", "\u2028", "\u2029", "\x85", "\u200b", "\ufeff", "é" * 300, "日本語", "\U0001f525", "e\u0301\u0302")]
NAMES = ["1.3.6.1.2.1.2.2.1.2.7", "1.3.6.1.2.1.31.1.1.1.18.7", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.47.1.1.1.1.7.3",
         "1.3.6.1.4.1.318.2.3.3.0", "1.3.6.1.4.1.99999.1.2"]
KINDS = ["1.3.6.1.6.3.1.1.5.3", "1.3.6.1.6.3.1.1.5.4", "1.3.6.1.4.1.318.0.5", "1.3.6.1.4.1.99999.0.1"]
DEVICE, DIGEST = "=1+1 <marquee>Gerät</marquee> & '\u202ex'", ".now <marquee> @/../é\u2066"
LONG = "é" * 127
RECIPIENTS = ["oncall@example.net", "o'brien+noc@example.net"]
HEADERS = sorted("auto-submitted content-type date from message-id mime-version subject to".split())
ADDED = ("x-envelope-from", "x-envelope-to", "x-tls", "x-auth")
certs = rig.certificates()
password = rig.secret_file("s3cret")
box_path = rig.WORK + "/box"
_, port = rig.start(["/usr/bin/python3", rig.HERE + "/sink.py", "--maildir", box_path, "--starttls", "--certs", certs, "--watch", "--user",
                     "noc", "--password-file", password])
collector = Collector("""
mail "relay" { server = "localhost" port = %d ca-file = "%s/ca.pem" user = "noc" password-file = "%s"
  from = "Schicht \\"eins\\", <noc@localhost>" budget-per-hour = 100000 budget-per-recipient = 100000 timeout = 20 }
device "%s" { address = "127.0.0.1" }
digest "%s" { to = { %s } wait = 1 interval = 1 }
digest "%s" { to = { %s } wait = 1 interval = 1 }
""" % (port, certs, password, DEVICE, *[part for name in (DIGEST, LONG) for part in (name, ", ".join('"%s"' % r for r in RECIPIENTS))])).start()
wait(lambda: collector.rows("SELECT 1 FROM digest_cursor"))


def octets():
    return b"".join(dice.choice(EVIL) for _ in range(dice.randrange(1, 6)))[:1400]


def trapline(*arguments, text=b""):
    return subprocess.run([BUILD + "/trapline", "--config", collector.conf, *arguments], env=collector.environment, input=text,
                          capture_output=True, timeout=120)


def visible(text, also=""):
    """No control, no override of direction, no separator of lines, nothing that is not assigned."""
    return [c for c in text if c not in also and (unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or
                                                  c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ufeff")]


class Markup(html.parser.HTMLParser):
    """Tags, attributes and text of the HTML part."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.texts, self.depth = set(), set(), [], 0

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}

    def handle_data(self, data):
        self.texts.append(data)


def faults(raw):
    """What is wrong with one mail, as sentences."""
    out = []
    head = raw.split(b"\n\n")[0]
    if re.search(rb"[^\t\n -~]", raw) or max(map(len, raw.split(b"\n"))) > 998:
        out.append("octets or lines that mail may not have")
    m = email.message_from_bytes(raw, policy=email.policy.default)
    names = sorted(k.lower() for k in m.keys() if k.lower() not in ADDED)
    if names != HEADERS:
        out.append("headers %s" % names)
    if sorted(m["X-Envelope-To"].split(", ")) != sorted(RECIPIENTS) or m["X-Envelope-From"] != "noc@localhost":
        out.append("envelope %s" % m["X-Envelope-To"])
    if [a.addr_spec for a in m["To"].addresses] != RECIPIENTS or m["From"].addresses[0].display_name != 'Schicht "eins",':
        out.append("addresses %s %s" % (m["To"], m["From"]))
    if visible(m["Subject"]) or b"evil" in re.sub(rb"Subject:.*", b"", head):
        out.append("head %r" % head)
    parts = {p.get_content_type(): p for p in m.walk() if not p.is_multipart()}
    if sorted(parts) != ["text/csv", "text/html", "text/plain"]:
        return out + ["parts %s" % sorted(parts)]
    text = parts["text/plain"].get_payload(decode=True).decode("utf-8")
    if visible(text, "\r\n"):
        out.append("the text has %r" % visible(text, "\r\n"))
    page = parts["text/html"].get_payload(decode=True).decode("utf-8")
    markup = Markup()
    markup.feed(page)
    markup.close()
    if visible(page, "\r\n") or visible("".join(markup.texts), "\r\n"):
        out.append("the HTML has %r" % visible(page, "\r\n"))
    if markup.tags & {"script", "img", "h1", "iframe", "link", "marquee"} or any(a.startswith("on") for a in markup.attributes):
        out.append("the HTML has their tags: %s %s" % (sorted(markup.tags), sorted(markup.attributes)))
    table = parts["text/csv"].get_payload(decode=True).decode("utf-8")
    rows = list(csv.reader(io.StringIO(table, newline=""), strict=True))
    if any(len(r) != len(rows[0]) for r in rows):
        out.append("rows of %s fields" % sorted({len(r) for r in rows}))
    if any(visible(field) or field[:1] in tuple("=+-@\t\r") for r in rows for field in r):
        out.append("the CSV has %r" % [f for r in rows for f in r if visible(f) or f[:1] in tuple("=+-@\t\r")][:3])
    if any(r[3] != "'" + DEVICE.replace("\u202e", "<U+202E>") for r in rows[1:]):
        out.append("the device is called %s" % rows[1][3])
    if "evil" not in text or "evil" not in page or "evil" not in table:
        out.append("what was sent is not shown at all")
    counted.extend(int(r[0]) for r in rows[1:])
    name = parts["text/csv"].get_filename()
    if visible(name) or "/" in name or "\\" in name or name.startswith("."):
        out.append("the file is called %r" % name)
    return out


# What a person may fill in: field, and the rest of the command.
FIELDS = {"subject": lambda e: ["--to", "ana@example.net", "--subject", b"about " + e],
          "recipient": lambda e: ["--to", b"ana" + e + b"@example.net", "--subject", "about"],
          "sender": lambda e: ["--to", "ana@example.net", "--subject", "about", "--from", b"Ana " + e + b" <ana@example.net>"],
          "attachment": lambda e: ["--to", "ana@example.net", "--subject", "about", "--attach", attached(e)]}


def attached(evil):
    path = os.path.join(rig.WORK.encode(), b"file" + evil.replace(b"/", b"")[:200])
    with open(path, "wb") as f:
        f.write(b"octets\0" + evil)
    return path


def person_faults(field, evil, run):
    """What `trapline send` did with it: refused in words, or in the outbox as it was given."""
    words = run.stderr.decode("utf-8", "replace")
    if run.returncode == 2:
        return [] if words.startswith("trapline") and not visible(words, "\n") else ["%s %r is refused as %r" % (field, evil, words)]
    if run.returncode != 0:
        return ["%s %r: status %d, %r" % (field, evil, run.returncode, words)]
    taken[json.loads(run.stdout)["id"]] = (field, evil)
    return []


def taken_faults(raw, field, evil):
    m = email.message_from_bytes(raw, policy=email.policy.default)
    names = sorted(k.lower() for k in m.keys() if k.lower() not in ADDED and k.lower() != "content-transfer-encoding")
    out = [] if names == HEADERS else ["headers %s" % names]
    out += ["octets or lines that mail may not have"] if re.search(rb"[^\t\n -~]", raw) or max(map(len, raw.split(b"\n"))) > 998 else []
    want = "about " + evil.decode() if field == "subject" else "about"
    if m["Subject"] != want:
        out.append("subject %r" % m["Subject"])
    to = ["ana" + evil.decode() + "@example.net"] if field == "recipient" else ["ana@example.net"]
    if m["X-Envelope-To"].split(", ") != to:
        out.append("envelope %s" % m["X-Envelope-To"])
    if field == "attachment" and list(m.iter_attachments())[0].get_payload(decode=True) != b"octets\0" + evil:
        out.append("another attachment")
    return ["%s %r: %s" % (field, evil, o) for o in out]


for number in range(TRAPS):
    words = []
    for _ in range(dice.randrange(1, 4)):
        words += [dice.choice(NAMES), "x", octets().hex()]
    run = send("snmptrap", "-v", "2c", "-c", "public", "127.0.0.1:%d" % collector.port, number + 1, dice.choice(KINDS), *words)
    if run.returncode != 0:
        print("#", run.stderr)
ok(wait(lambda: collector.count() == TRAPS, 30), "%d hostile notifications are in the journal" % TRAPS, collector.ledger())
told = lambda: collector.rows("SELECT min(upto), count(*) FROM digest_cursor") == [(TRAPS, 2)]
sent = lambda: collector.rows("SELECT count(*) FROM mail") and not collector.rows("SELECT 1 FROM mail WHERE state NOT IN (3, 7)")
ok(wait(told, 30) and wait(sent, 60), "their digests are delivered", collector.rows("SELECT id, state, words FROM mail"), collector.log()[-2000:])
box = mailbox.Maildir(box_path, factory=None, create=False)
counted, bad = [], []
mails = [box.get_bytes(k) for k in box.keys()]
for raw in mails:
    found = faults(raw)
    if found:
        bad += found + [raw[:1500].decode("latin-1")]
ok(mails and not bad, "%d mails: the headers and recipients that were meant, nothing of theirs raw (seed %d)" % (len(mails), SEED), *bad[:8])
equal(sorted(counted), sorted([*range(1, TRAPS + 1)] * 2), "every notification is in one of each digest's")
taken, bad, refused = {}, [], 0
for field, arguments in FIELDS.items():
    for evil in EVIL:
        if b"\0" not in evil:  # no program can be given one
            run = trapline("--json", "--quiet", "send", *arguments(evil), text=b"text\n.\n")
            refused += run.returncode == 2
            bad += person_faults(field, evil, run)
ok(not bad and refused > len(EVIL), "what a person may not write is refused in words: %d of %d" % (refused, refused + len(taken)), *bad[:8])
ok(wait(sent, 120), "what they may is delivered", collector.rows("SELECT id, state, words FROM mail WHERE state NOT IN (3, 7)"))
ids = {m: i for i, m in collector.rows("SELECT id, message_id FROM mail")}
bad, seen = [], 0
for key in mailbox.Maildir(box_path, factory=None, create=False).keys():
    raw = box.get_bytes(key)
    id_ = ids[re.search(rb"^Message-ID: (\S+)", raw, re.M | re.I).group(1).decode()]
    if id_ in taken:
        seen += 1
        bad += taken_faults(raw, *taken[id_])
ok(seen == len(taken) and not bad, "%d mails of theirs: as they were given" % seen, len(taken), *bad[:8])
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
