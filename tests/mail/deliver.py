#!/usr/bin/python3
"""trapline-mail against aiosmtpd: STARTTLS and implicit TLS, AUTH, and what arrives is what was meant."""
import email
import email.policy
import mailbox
import os
import sys

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests", "mail"))
import rig
from rig import deliver, job, message, start

tap = rig.Tap()
certs = rig.certificates()
password = rig.secret_file("s3cret")
RELAY = {"server": "localhost", "ca-file": certs + "/ca.pem", "user": "noc"}


def sink(how, *more):
    box = os.path.join(rig.WORK, "box-%s-%d" % (how, len(os.listdir(rig.WORK))))
    p, port = start(["/usr/bin/python3", rig.HERE + "/sink.py", "--maildir", box, "--" + how, "--certs", certs, "--watch",
                     "--user", "noc", "--password-file", password, *more])
    return p, port, mailbox.Maildir(box, factory=None)


def received(box):
    return [email.message_from_bytes(box.get_bytes(k), policy=email.policy.default) for k in sorted(box.keys())]


server, port, box = sink("starttls")
relay = dict(RELAY, port=port, security="starttls")
r = deliver(job(relay, [message()], {"secret": "s3cret"}))
tap.same(r.classes, [("delivered", 250)], "STARTTLS and AUTH: delivered")
tap.same((r.status, r.cause, r.tls), (0, "none", "TLSv1.3"), "the session says so")
tap.ok(not any("s3cret" in l or "AHMz" in l for l in r.talk) and any("********" in l for l in r.talk),
       "the conversation shows no password", r.talk)
tap.same([k for k in r.steps], ["resolve", "route", "connect", "greeting", "hello", "tls", "chain", "auth"], "each step is told")
got = received(box)
tap.same([m["X-TLS"] + m["X-Auth"] for m in got], ["yesnoc"], "the server saw TLS and the user")
tap.same((got[0]["Subject"], got[0]["From"], got[0]["To"], got[0]["Message-ID"], got[0]["Auto-Submitted"]),
         ("link down", "trapline <noc@localhost>", "a@localhost", "<1.test@localhost>", "auto-generated"), "headers")
tap.same(got[0].get_body().get_content(), "hello\nsecond line\n", "body")
box.clear()

text = "Grüße an die Schicht\n\n.\n..\n.leading dot\nFrom the start\ntrailing \n" + "x" * 2000 + "\n\t\x7f tab\n日本\n"
html = "<p>" + "é" * 5000 + "</p>\n"
csv = bytes(range(256)) * 300
subject = "▲ ups-basement „Keller“ on battery: 8 min left, 日本語 and a rather long subject that has to be folded twice " * 2
r = deliver(job(relay, [message(("a@localhost", "b@localhost"), text=text, html=html, subject=subject,
                                **{"from": "Schicht Süd (NOC), \"eins\" <noc@localhost>",
                                   "attachment": b"zeilen \xe2\x80\x9eneu\xe2\x80\x9c.csv\ntext/csv\n" + csv})],
                {"secret": "s3cret"}))
tap.same(r.classes, [("delivered", 250)] * 2, "UTF-8, HTML, attachment, two recipients: delivered")
m = received(box)[0]
tap.same(m["Subject"], subject, "the subject is what was meant")
tap.same(m["From"].addresses[0].display_name, 'Schicht Süd (NOC), "eins"', "so is the sender's name")
tap.same(m.get_body(("plain",)).get_content(), text, "so is the text")
tap.same(m.get_body(("html",)).get_content().replace("\r\n", "\n"), html, "so is the HTML")
a = list(m.iter_attachments())
tap.same([(x.get_filename(), x.get_content_type()) for x in a], [("zeilen „neu“.csv", "text/csv")], "and the attachment's name")
tap.ok(a[0].get_payload(decode=True) == csv, "and its octets")
raw = box.get_bytes(list(box.keys())[0]).split(b"\n")
tap.ok(max(map(len, raw[4:])) <= 78, "no line is longer than 78", max(map(len, raw)))
box.clear()

again = job(relay, [message(html=html)], {"secret": "s3cret"})
deliver(again), deliver(again)
raws = [box.get_bytes(k) for k in box.keys()]
tap.ok(len(raws) == 2 and raws[0] == raws[1], "the same job gives the same octets")
box.clear()

r = deliver(job(relay, [message(("ok@localhost", "tempfail@localhost", "reject@localhost"))], {"secret": "s3cret"}))
tap.same(r.classes, [("delivered", 250), ("temporary", 451), ("permanent", 550)], "a verdict for each recipient")
tap.same(received(box)[0]["X-Envelope-To"], "ok@localhost", "one of them has it")
box.clear()
r = deliver(job(relay, [message(("drop@localhost",))], {"secret": "s3cret"}))
tap.same(r.classes, [("unknown", 0)], "lost behind the final dot: unknown")
r = deliver(job(relay, [message()], {"secret": "wrong"}))
tap.same((r.classes, r.cause), ([("temporary", 0)], "auth"), "a wrong password: no mail, and why")
tap.ok(not any("MAIL" in l for l in r.talk), "MAIL was not said", r.talk)
r = deliver(job(relay, [message()], {"secret-file": password}))
tap.same(r.classes, [("delivered", 250)], "the password from a file that only its owner can read")
r = deliver(job(relay, [message()], [("secret-command", "/bin/cat"), ("secret-command", password)]))
tap.same(r.classes, [("delivered", 250)], "the password from a command")
shared = rig.secret_file("s3cret", "shared")
os.chmod(shared, 0o644)
for secret, name in (({"secret-file": shared}, "a file that others can read"), ({"secret": "x" * 256}, "256 octets"),
                     ({"secret-command": "/bin/false"}, "a command that fails"), ({}, "none")):
    r = deliver(job(relay, [message()], secret))
    tap.same((r.classes, r.cause), ([("temporary", 0)], "secret"), "a password from %s: no mail, and why" % name)
    tap.ok(not any("MAIL" in l or "AUTH " in l for l in r.talk if l[0] == ">"), "neither AUTH nor MAIL was said", r.talk)
r = deliver(job(dict(relay, **{"ca-file": certs + "/self.pem"}), [message()], {"secret": "s3cret"}))
tap.same((r.classes, r.cause), ([("temporary", 0)], "certificate"), "an unknown CA: no mail, and why")
rig.stop(server)

for version in ("1.2", "1.3"):
    server, port, box = sink("implicit", "--tls", version)
    r = deliver(job(dict(RELAY, port=port, security="tls"), [message(), message(message_id="<2.test@localhost>")],
                    {"secret": "s3cret"}))
    tap.same((r.classes, r.tls), ([("delivered", 250)] * 2, "TLSv" + version), "implicit TLS %s, two messages" % version)
    tap.same(sorted(m["Message-ID"] for m in received(box)), ["<1.test@localhost>", "<2.test@localhost>"], "both are there")
    rig.stop(server)
r = deliver(job(dict(RELAY, port=port, security="tls"), [message()], {"secret": "s3cret"}))
tap.same((r.classes, r.cause), ([("temporary", 0)], "connect"), "nobody listens: later, and why")
tap.done()
