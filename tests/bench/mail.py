#!/usr/bin/python3
"""Messages a second to a server on loopback (sink.c), plain and with STARTTLS: trapline-mail with many in a session, and one a
process, beside msmtp in the same run; and the memory of trapline-mail over 10,000 messages that the server took.

mail.py BUILD-DIRECTORY [quick]     needs msmtp"""
import os
import shutil
import subprocess
import sys
import time

BUILD = os.path.abspath(sys.argv[1])
QUICK = "quick" in sys.argv
os.environ["top_builddir"] = BUILD
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mail"))
import rig

MANY, FEW, SINGLE = (1000, 20, 100) if QUICK else (1000, 100, 400)
ROUNDS = 2 if QUICK else 10
TEXT = ("link down on core-sw-0 ge-0/0/1, severity critical, seen 17 times\n" * 30)[:2000]
certs = rig.certificates()


class Sink:
    def __init__(self, how):
        tls = [certs + "/good.pem", certs + "/good.key"] if how == "starttls" else []
        self.p, self.port = rig.start([BUILD + "/tests/bench/sink", *tls])

    def taken(self):
        """Messages and octets so far."""
        self.p.stdin.write(b"\n")
        self.p.stdin.flush()
        return [int(x) for x in self.p.stdout.readline().split()]


def relay(port, how):
    return {"server": "localhost", "port": port, "security": how, "ca-file": certs + "/ca.pem", "total": 3600}


def messages(n, at=0):
    return [rig.message(text=TEXT, message_id="<%d.bench@localhost>" % (at + i)) for i in range(n)]


def rate(sink, n, send):
    """Messages a second; each must have arrived."""
    before, begun = sink.taken()[0], time.monotonic()
    send()
    elapsed = time.monotonic() - begun
    assert sink.taken()[0] - before == n, (sink.taken(), before, n)
    return n / elapsed


def ours(sink, how, n, each):
    """n messages, `each` a process. The jobs are made beforehand."""
    jobs = [rig.job(relay(sink.port, how), messages(each, i)) for i in range(0, n, each)]

    def send():
        for j in jobs:
            subprocess.run([rig.MAIL], input=j, stdout=subprocess.DEVNULL, check=True)
    return rate(sink, n, send)


def msmtp(sink, how, n):
    octets = ("From: noc@localhost\nTo: a@localhost\nSubject: link down\n\n" + TEXT).encode()
    tls = ["--tls=on", "--tls-starttls=on", "--tls-trust-file=" + certs + "/ca.pem"] if how == "starttls" else ["--tls=off"]
    argv = ["msmtp", "--file=/dev/null", "--host=localhost", "--port=%d" % sink.port, "--auth=off", "--from=noc@localhost", *tls,
            "a@localhost"]
    return rate(sink, n, lambda: [subprocess.run(argv, input=octets, stdout=subprocess.DEVNULL, check=True) for _ in range(n)])


def rates():
    for how in ("plain", "starttls"):
        sink = Sink(how)
        many, single, other = ours(sink, how, MANY, MANY), ours(sink, how, SINGLE, 1), msmtp(sink, how, FEW)
        print("%-9s %d in a session %7.0f/s   one a process %5.0f/s   msmtp %5.0f/s   ratio %.1f (one a process %.1f)" % (
            how, MANY, many, single, other, many / other, single / other), flush=True)
        rig.stop(sink.p)


def memory():
    sink, peaks = Sink("plain"), []
    for i in range(ROUNDS):
        p = subprocess.Popen([rig.MAIL], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        p.stdin.write(rig.job(relay(sink.port, "plain"), messages(1000, i * 1000)))
        p.stdin.close()
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        assert p.returncode == 0
        peaks.append(used.ru_maxrss)
    taken, octets = sink.taken()
    assert taken == ROUNDS * 1000, taken
    print("memory    %d messages of 2 kB taken (%d octets), a thousand a process: peak %d kB in the first, %d kB in the last, "
          "%d kB at most" % (taken, octets, peaks[0], peaks[-1], max(peaks)))


if not shutil.which("msmtp"):
    sys.exit("mail.py: msmtp, beside which it measures, is not installed (apt-get install msmtp)")
print("mail: messages of 2 kB to a server on loopback, %d cores" % os.cpu_count())
rates()
memory()
