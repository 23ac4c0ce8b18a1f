#!/usr/bin/python3
"""Session after session with TLS 1.3 and 1.2, STARTTLS and implicit: each delivers, with the octets that were meant; with our
own server and with aiosmtpd. (Postfix: postfix.py.)

sessions.py [N]     N of each kind"""
import mailbox
import os
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests", "mail"))
import rig
import script
import series
from rig import deliver, job, message

N = int(sys.argv[1]) if len(sys.argv) > 1 else 10
certs = rig.certificates()
tap = rig.Tap()
for words, version in (("tls13", "TLSv1.3"), ("implicit+tls13", "TLSv1.3"), ("tls12", "TLSv1.2"), ("implicit+tls12", "TLSv1.2")):
    s = script.Server(words, certs)
    relay = {"server": "localhost", "port": s.port, "security": "tls" if "implicit" in words else "starttls",
             "ca-file": certs + "/ca.pem", "user": "noc"}
    bad = []
    for i in range(N):
        r = deliver(job(relay, [message()], {"secret": "s3cret"}), timeout=600)
        if r.classes != [("delivered", 250)] or r.tls != version:
            bad.append(r.session)
    s.close()
    tap.ok(not bad and len(s.bodies) == N and len(set(s.bodies)) == 1, "%s, %s: %d of %d" % (
        version, relay["security"], N - len(bad), N), *bad[:5], "%d bodies" % len(s.bodies))
password = rig.secret_file("s3cret")
for how, security in (("starttls", "starttls"), ("implicit", "tls")):
    for version in ("1.2", "1.3"):
        box = os.path.join(rig.WORK, "box-%s-%s" % (how, version))
        server, port = rig.start(["/usr/bin/python3", rig.HERE + "/sink.py", "--maildir", box, "--" + how, "--certs", certs, "--watch",
                                  "--user", "noc", "--password-file", password, "--tls", version])
        relay = {"server": "localhost", "port": port, "security": security, "ca-file": certs + "/ca.pem", "user": "noc"}
        read = lambda count: [b.get_bytes(k) for b in [mailbox.Maildir(box, factory=None)] for k in b.keys()]
        series.run(tap, "aiosmtpd, %s, TLS %s" % (security, version), relay, ["a@localhost", "b@localhost"], N, "TLSv" + version, read,
                   ("x-envelope-from", "x-envelope-to", "x-tls", "x-auth"))
        rig.stop(server)

# The body and the dot are two writes: were the second kept back (Nagle) until the first is acknowledged, each mail would wait 40 ms.
s = script.Server("notls")
relay = {"server": "127.0.0.1", "port": s.port, "security": "plain"}
quickest = 1000
for i in range(5):
    begun = time.monotonic()
    r = deliver(job(relay, [message()] * 100), timeout=600)
    quickest = min(quickest, time.monotonic() - begun)
s.close()
tap.ok(quickest < 2 and len(s.bodies) == 500, "a hundred messages in a session wait for no delayed acknowledgement", quickest, len(s.bodies))
tap.done()
