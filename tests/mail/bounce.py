#!/usr/bin/python3
"""trapline mail bounce: standard notifications and old-style ones mark the recipient in the outbox, and what is no bounce, or
about nobody of ours, changes nothing."""
import json
import os
import random
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests", "mail"))
import rig

tap = rig.Tap()
conf = rig.WORK + "/conf"
os.makedirs(conf)
with open(os.open(conf + "/trapline.conf", os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
    f.write('mail "relay" { server = "localhost" from = "noc@localhost" }\n')
STORE = rig.WORK + "/state/trapline.db"
ENV = dict(os.environ, TRAPLINE_STATE=rig.WORK + "/state", TRAPLINE_CACHE=rig.WORK + "/cache", HOME=rig.WORK)


def trapline(*arguments, octets=b""):
    return subprocess.run([rig.BUILD + "/trapline", "--config", conf, *arguments], env=ENV, input=octets, capture_output=True,
                          timeout=120)


def sent(*to):
    """A mail that its server took: its Message-ID."""
    run = trapline("--json", "--quiet", "send", "--to", ",".join(to), "--subject", "x", octets=b"text\n")
    number = json.loads(run.stdout)["id"]
    with sqlite3.connect(STORE, timeout=30) as db:
        db.execute("UPDATE mail SET state=3, sent_at=1 WHERE id=?", (number,))
        db.execute("UPDATE mail_recipient SET state=3, code=250 WHERE mail=?", (number,))
        return number, db.execute("SELECT message_id FROM mail WHERE id=?", (number,)).fetchone()[0]


def row(number):
    run = trapline("--json", "mail", "queue", "--all")
    return next(r for r in map(json.loads, run.stdout.splitlines()) if r["id"] == number)


def bounce(text):
    run = trapline("mail", "bounce", octets=text.encode() if isinstance(text, str) else text)
    return run.returncode, run.stdout.decode(), run.stderr.decode()


STANDARD = """From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: noc@localhost
Subject: Undelivered Mail Returned to Sender
Message-ID: <20261127.A@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="A.1/mx.example"

This is a MIME-encapsulated message.

--A.1/mx.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.

<fine@example.net>: only the report counts

--A.1/mx.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
%(envelope)sArrival-Date: Fri, 27 Nov 2026 08:00:00 +0000 (UTC)

Final-Recipient: rfc822; %(to)s
Original-Recipient: rfc822;%(to)s
Action: %(action)s
Status: %(status)s
Remote-MTA: dns; in.example.net
Diagnostic-Code: smtp; 550 %(status)s <%(to)s>: Recipient address
    rejected: User\x1b[31m unknown

Final-Recipient: rfc822; fine@example.net
Action: relayed
Status: 2.0.0

--A.1/mx.example
Content-Type: text/rfc822-headers

Return-Path: <noc@localhost>
Subject: x
%(original)sFrom: noc@localhost

--A.1/mx.example--
"""


def standard(**values):
    return STANDARD % {"to": "ana@example.net", "action": "failed", "status": "5.1.1", "envelope": "", "original": "", **values}


number, message_id = sent("ana@example.net", "fine@example.net")
status, out, err = bounce(standard(original="Message-ID: %s\n" % message_id))
tap.same(status, 0, "a delivery status notification is taken")
r = row(number)
states = {x["address"]: x for x in r["recipients"]}
tap.same((r["state"], states["ana@example.net"]["state"], states["fine@example.net"]["state"]), ("partly sent", "dead", "sent"),
         "the one it names is dead, the other has it")
tap.ok("only the report" not in str(states["fine@example.net"]), "whatever the text beside it says", states)
tap.same((states["ana@example.net"]["enhanced"], states["ana@example.net"]["meaning"]), ("5.1.1", "the mailbox does not exist"),
         "with the code, explained")
tap.ok("User" in states["ana@example.net"]["words"] and "\x1b" not in states["ana@example.net"]["words"],
       "and the server's words, made safe", states)

number, message_id = sent("ana@example.net")
tap.same(bounce(standard(original="Message-ID:\n %s\n" % message_id))[0], 0, "a folded Message-ID")
tap.same(row(number)["state"], "dead", "alone: the mail is dead")
number, message_id = sent("ana@example.net")
tap.same(bounce(standard(envelope="Original-Envelope-Id: %s\n" % message_id[1:-1]))[0], 0, "by the envelope id alone")
tap.same(row(number)["state"], "dead", "dead")
number, message_id = sent("ana@example.net")
tap.same(bounce(standard(action="delayed", status="4.4.1", original="Message-ID: %s\n" % message_id).replace("\n", "\r\n"))[0], 0,
         "a delay, with CRLF")
r = row(number)
tap.same((r["state"], r["recipients"][0]["state"], r["recipients"][0]["enhanced"]), ("sent", "sent", "4.4.1"), "is no end, but seen")

OLD = {
    "qmail": """From: MAILER-DAEMON@mx.example
To: noc@localhost
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ana@example.net>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 no such user
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

Return-Path: <noc@localhost>
Received: (qmail 1 invoked by uid 1)
Message-ID: %s
To: fine@example.net

<fine@example.net>: quoted
""",
    "Exim": """X-Failed-Recipients: ana@example.net
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example>
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ana@example.net
    SMTP error from remote mail server after RCPT TO:<ana@example.net>:
    host in.example.net [192.0.2.1]: 550 5.1.1 no such user

------ This is a copy of the message, including all the headers. ------

Received: from localhost
Message-ID: %s
To: ana@example.net, fine@example.net
""",
    "Exim, behind an alias": """X-Failed-Recipients: ana@example.net
From: Mail Delivery System <Mailer-Daemon@mx.example>
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  pipe to |/usr/bin/pager
    generated by ana@example.net
    local delivery failed

------ This is a copy of the message, including all the headers. ------

Message-ID: %s
To: ana@example.net, fine@example.net
""",
    "sendmail 8.6": """From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>
Subject: Returned mail: User unknown

The original message was received at Fri, 27 Nov 2026

   ----- The following addresses had delivery problems -----
<ana@example.net>  (unrecoverable error)

   ----- Transcript of session follows -----
... while talking to in.example.net.:
>>> RCPT To:<ana@example.net>
<<< 550 5.1.1 no such user
550 <ana@example.net>... User unknown

   ----- Original message follows -----
Return-Path: <noc@localhost>
Message-Id: %s
To: ana@example.net, fine@example.net
""",
}
for name, text in OLD.items():
    number, message_id = sent("ana@example.net", "fine@example.net")
    status, out, err = bounce(text % message_id)
    r = row(number)
    states = {x["address"]: x["state"] for x in r["recipients"]}
    tap.same((status, states), (0, {"ana@example.net": "dead", "fine@example.net": "sent"}), name + ": the one is dead")
    tap.ok(r["recipients"][0]["words"], name + ": in its words", r)
number, message_id = sent("ana@example.net")
warning = OLD["Exim"].replace("This is a permanent error.", "No action is required; delivery will be retried: it\n"
                              "will continue to be attempted.").replace("550 5.1.1 no such user", "connection timed out")
tap.same(bounce(warning % message_id)[0], 0, "a warning in words")
tap.same(row(number)["state"], "sent", "is no end")

number, message_id = sent("ana@example.net")
before = row(number)
for name, text in {
    "nothing": b"", "noise": bytes(random.Random(1).randbytes(50000)), "an answer of a person": "Subject: Re: x\n\nThanks!\n",
    "another store's mail": standard(original="Message-ID: <1.2@elsewhere>\n"),
    "no mail named": standard(),
    "somebody it never went to": standard(to="zoe@example.net", original="Message-ID: %s\n" % message_id),
    "a success": standard(action="delivered", original="Message-ID: %s\n" % message_id),
    "an id that is only a number": standard(envelope="Original-Envelope-Id: %d\n" % number),
}.items():
    status, out, err = bounce(text)
    tap.ok(status == 1 and err.startswith("trapline: mail bounce: ") and out == "", name + ": refused with a sentence", status, out, err)
tap.same(row(number), before, "and nothing has changed")

# Whatever stands in it: an end, no crash, and only the recipient that is meant.
dice = random.Random(7)
whole = standard(original="Message-ID: %s\n" % message_id).encode()
worst = set()
for i in range(60):
    octets = bytearray(whole)
    for _ in range(dice.randrange(1, 30)):
        at = dice.randrange(len(octets))
        octets[at:at + dice.randrange(4)] = dice.randbytes(dice.randrange(6))
    worst.add(bounce(bytes(octets[:dice.randrange(len(octets))] if i % 3 == 0 else octets))[0])
tap.ok(worst <= {0, 1}, "damaged ones end in 0 or 1", worst)
tap.same(bounce(b"A" * 3000000 + b"\n" + whole)[0] in (0, 1), True, "a line of 3 MB")
tap.done()
