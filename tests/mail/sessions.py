#!/usr/bin/python3
"""Session after session with TLS 1.3 and 1.2, STARTTLS and implicit: each delivers, with the octets that were meant.

sessions.py [N]     N of each kind"""
import os
import sys

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests", "mail"))
import rig
import script
from rig import deliver, job, message

N = int(sys.argv[1]) if len(sys.argv) > 1 else 15
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
tap.done()
