#!/usr/bin/python3
"""SCRAM bound to the TLS channel (tls-exporter, RFC 9266), against openssl s_server, which tells what the channel exports.

A server whose channel is another one (somebody in between, with a certificate that verifies) must not be believed."""
import base64
import hashlib
import hmac
import os
import re
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests", "mail"))
import rig
from rig import job, message

certs = rig.certificates()
tap = rig.Tap()


class Channel:
    """s_server as the TLS half of an SMTP server (-crlf: it is given LF); what the channel exports is among what it prints."""

    def __init__(self, lie, old):
        self.lie, self.old, self.used, self.log = lie, old, None, []
        self.p = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert", certs + "/good.pem",
                                   "-key", certs + "/good.key", "-tls1_3", "-keymatexport", "EXPORTER-Channel-Binding",
                                   "-keymatexportlen", "32", "-crlf"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        rig._started.append(self.p)
        while True:
            line = self.p.stdout.readline()
            if not line or line.startswith(b"ACCEPT"):
                break
        self.port = int(line.split(b":")[-1])
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def say(self, text):
        self.p.stdin.write(text.encode() + b"\n")
        self.p.stdin.flush()

    def line(self):
        line = self.p.stdout.readline()
        if not line:
            raise EOFError
        self.log.append(line.strip().decode("latin-1"))
        return line.strip()

    def exported(self):
        while True:
            found = re.match(rb"\s*Keying material: ([0-9A-F]{64})", self.line())
            if found:
                return bytes.fromhex(found.group(1).decode())

    def scram(self, name, initial, binding):
        digest = "sha1" if "SHA-1" in name else "sha256"
        header, bare = re.match("(p=tls-exporter,,)(.*)", base64.b64decode(initial).decode()).groups()
        nonce = re.search("r=([^,]*)", bare).group(1)
        first = "r=%ssrv,s=%s,i=4096" % (nonce, base64.b64encode(b"0123456789abcdef").decode())
        self.say("334 " + base64.b64encode(first.encode()).decode())
        final, proof = base64.b64decode(self.line()).decode().rsplit(",p=", 1)
        bound = base64.b64decode(re.search("c=([^,]*)", final).group(1)) == header.encode() + binding
        salted = hashlib.pbkdf2_hmac(digest, b"s3cret", b"0123456789abcdef", 4096)
        mac = lambda k, m: hmac.new(k, m, digest).digest()
        key, whole = mac(salted, b"Client Key"), (bare + "," + first + "," + final).encode()
        ok = bytes(a ^ b for a, b in zip(key, mac(hashlib.new(digest, key).digest(), whole))) == base64.b64decode(proof)
        if not (ok and bound):
            return False
        self.say("334 " + base64.b64encode(b"v=" + base64.b64encode(mac(mac(salted, b"Server Key"), whole))).decode())
        self.line()
        return True

    def serve(self):
        try:
            binding = self.exported()
            if self.lie:
                binding = bytes(32)
            self.say("220 test ESMTP")
            while True:
                line = self.line().decode("latin-1")
                verb = line.split(" ")[0]
                if verb == "EHLO":
                    self.say("250-localhost\n250 AUTH SCRAM-SHA-1 SCRAM-SHA-1-PLUS PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS" if not self.old
                             else "250-localhost\n250 AUTH SCRAM-SHA-1-PLUS PLAIN")
                elif verb == "AUTH":
                    _, self.used, initial = line.split(" ")
                    self.say("235 2.7.0 ok" if self.scram(self.used, initial, binding) else "535 5.7.8 no")
                elif verb in ("MAIL", "RCPT"):
                    self.say("250 ok")
                elif verb == "DATA":
                    self.say("354 go")
                    while self.line() != b".":
                        pass
                    self.say("250 queued")
                elif verb == "QUIT":
                    self.say("221 bye")
        except (EOFError, OSError, AttributeError, ValueError):
            pass

def run(lie, old):
    c = Channel(lie, old)
    relay = {"server": "localhost", "port": c.port, "security": "tls", "ca-file": certs + "/ca.pem", "user": "noc"}
    r = rig.deliver(job(relay, [message()], {"secret": "s3cret"}))
    c.p.kill()
    c.p.wait()
    return c, r


for old, name in ((False, "SCRAM-SHA-256-PLUS"), (True, "SCRAM-SHA-1-PLUS")):
    c, r = run(False, old)
    tap.same((c.used, r.classes), (name, [("delivered", 250)]), "AUTH %s, bound to the channel, is chosen first and works" % name)
    c, r = run(True, old)
    tap.same((r.classes, r.cause, any(l.startswith("MAIL") for l in c.log)), ([("temporary", 0)], "auth", False),
             "another channel: refused, no mail")
tap.done()
