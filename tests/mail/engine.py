#!/usr/bin/python3
"""What goes wrong on our side: libesmtp crashes or stops, the guard is killed, the name service hangs, a port is black; and
what of the password is left in memory, arguments and environment once AUTH is over."""
import base64
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests", "mail"))
import rig
import script
from rig import Report, deliver, job, message

CERTS = rig.certificates()
tap = rig.Tap()
BIG = message(text="".join("%08d %s\n" % (i, "x" * 60) for i in range(100000)))
RELAY = {"server": "localhost", "security": "starttls", "ca-file": CERTS + "/ca.pem", "user": "noc", "step": 60, "total": 120}
LOOSE = dict(os.environ, LD_PRELOAD=os.path.abspath(rig.BUILD + "/tests/mail/interpose.so"), TRAPLINE_READABLE="1",
             ASAN_OPTIONS="verify_asan_link_order=0")


def until(condition, what):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("not in time: " + what)
        time.sleep(0.02)


class Run:
    """trapline-mail under way."""

    def __init__(self, words, relay=None, messages=None, secret=None):
        self.server = script.Server(words, CERTS)
        self.p = subprocess.Popen([rig.MAIL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=LOOSE)
        rig._started.append(self.p)
        self.p.stdin.write(job(dict(RELAY, port=self.server.port, **(relay or {})), messages or [BIG], secret or {"secret": "s3cret"}))
        self.p.stdin.close()

    def children(self):
        with open("/proc/%d/task/%d/children" % (self.p.pid, self.p.pid)) as f:
            return [int(x) for x in f.read().split()]

    def end(self):
        out, err = self.p.stdout.read(), self.p.stderr.read()
        self.p.wait(60)
        self.server.close()
        return Report(subprocess.CompletedProcess([], self.p.returncode, out, err))


def libesmtp_ends(name, how, **relay):
    # The stall ends before the step's limit: a kill that comes while the guard writes is noticed when it reads again.
    run = Run("small+halfstall:5", relay)
    until(lambda: run.server.saw("DATA"), "DATA")
    kids = run.children()
    os.kill(kids[0], how)
    r = run.end()
    tap.same((len(kids), r.classes, r.cause, run.server.bodies),
             (1, [("temporary", 0)], "timeout" if how == signal.SIGSTOP else "engine", []), name)


def guard_is_killed():
    run = Run("small+halfstall:60")
    until(lambda: run.server.saw("DATA"), "DATA")
    kid = run.children()[0]
    run.p.kill()
    run.p.wait()
    until(lambda: not os.path.exists("/proc/%d" % kid) or " Z " in open("/proc/%d/stat" % kid).read(), "the child's end")
    r = run.end()
    tap.same((r.session, r.verdicts, [l for l in r.lines if l[0] == "dot"], run.server.bodies), (None, [], [], []),
             "the guard is killed in the body: no dot was told, the child is gone, no body")
    run = Run("hang:dot", messages=[message()])
    until(lambda: run.server.bodies, "the body")
    run.p.kill()
    run.p.wait()
    r = run.end()
    tap.same((r.session, [l for l in r.lines if l[0] == "dot"]), (None, [["dot", "1"]]),
             "killed behind the dot: the dot was told, so its caller knows that the outcome is unknown")


def memory_of(pid):
    out = []
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for line in maps:
            at, end = (int(x, 16) for x in line.split()[0].split("-"))
            if "w" not in line.split()[1] or "[v" in line or end - at > 1 << 28:
                continue
            try:
                mem.seek(at)
                out.append(mem.read(end - at))
            except OSError:
                pass
    return out


def memory_after(name, mechanism, secret, relay):
    # What is freed loses its first octets to malloc's own lists, so a long one is searched for by its end.
    password = "pa55-" + mechanism.lower() + "-" + "0123456789" * 8 + "-the-end-of-it-all"
    run = Run("hang:mail+token:" + password, relay, [message()], secret(password))
    run.server.password = password.encode()
    until(lambda: run.server.saw("MAIL"), "MAIL")
    octets = b"-the-end-of-it-all"
    # whatever the position of the password in the base64, these three are in it
    forms = [octets] + [base64.b64encode(b"x" * i + octets)[i and 4:-4] for i in range(3)]
    found = []
    for pid, who in [(run.p.pid, "guard")] + [(kid, "libesmtp") for kid in run.children()]:
        found += [(who, f) for block in memory_of(pid) for f in forms if f in block]
        for file in ("cmdline", "environ"):
            with open("/proc/%d/%s" % (pid, file), "rb") as f:
                found += [(who, file)] if octets in f.read() else []
    inputs = [os.readlink("/proc/%d/fd/0" % kid) for kid in run.children()]
    run.p.kill()
    run.p.wait()
    run.end()
    tap.same((run.server.auths, found, inputs), ([mechanism], [], ["/dev/null"]), name)


libesmtp_ends("libesmtp crashes in the body: temporary, no body", signal.SIGSEGV)
libesmtp_ends("libesmtp is killed in the body: temporary, no body", signal.SIGKILL)
libesmtp_ends("libesmtp stops in the body: the limit ends it", signal.SIGSTOP, step=2)
guard_is_killed()
typed = lambda password: {"secret": password}
filed = lambda password: {"secret-file": rig.secret_file(password, "one-of-memory")}
asked = lambda password: [("secret-command", "/bin/cat"), ("secret-command", rig.secret_file(password, "one-of-memory"))]
if "asan" not in subprocess.run(["ldd", rig.MAIL], capture_output=True, text=True).stdout:
    for mechanism in "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN XOAUTH2 OAUTHBEARER".split():
        token = {"token": 1} if "OAUTH" in mechanism or "XOAUTH" in mechanism else {}
        memory_after("nothing of the password in memory after AUTH %s" % mechanism, mechanism, typed, dict(token, mechanism=mechanism))
    for name, how in (("a file", filed), ("a command", asked)):
        memory_after("nor when it came from " + name, "PLAIN", how, {"mechanism": "PLAIN"})

full = socket.socket()
full.bind(("127.0.0.1", 0))
full.listen(0)
fill = []
for i in range(8):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(full.getsockname())
    fill.append(s)
r = deliver(job(dict(RELAY, port=full.getsockname()[1], step=2, total=20), [message()], {"secret": "s3cret"}))
tap.same((r.classes, r.cause), ([("temporary", 0)], "connect"), "a port that takes no connection: the limit ends it")
r = deliver(job(dict(RELAY, server="nohost.invalid", port=25, step=20), [message()], {"secret": "s3cret"}))
tap.same((r.classes, r.cause), ([("temporary", 0)], "resolve"), "a name that is not known")
tap.done()
