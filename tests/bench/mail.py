#!/usr/bin/python3
"""Messages a second to a server on loopback, plain and with STARTTLS: trapline-mail with many in a session and one a process,
beside msmtp (if it is there) in the same run; and the memory of trapline-mail over 10,000 messages.

mail.py BUILD-DIRECTORY [quick]"""
import multiprocessing
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
import script

MANY, FEW, SINGLE = (500, 20, 50) if QUICK else (1000, 100, 200)
ROUNDS = 2 if QUICK else 10
TEXT = ("link down on core-sw-0 ge-0/0/1, severity critical, seen 17 times\n" * 30)[:2000]
certs = rig.certificates()


def server(words, pipe):
    s = script.Server(words, certs)
    pipe.send(s.port)
    pipe.recv()


class Sink:
    def __init__(self, words):
        self.pipe, far = multiprocessing.Pipe()
        self.p = multiprocessing.Process(target=server, args=(words, far), daemon=True)
        self.p.start()
        self.port = self.pipe.recv()

    def close(self):
        self.p.terminate()
        self.p.join()


def relay(port, how):
    return {"server": "localhost", "port": port, "security": how, "ca-file": certs + "/ca.pem", "total": 3600}


def messages(n, at=0):
    return [rig.message(text=TEXT, message_id="<%d.bench@localhost>" % (at + i)) for i in range(n)]


def ours(port, how, n, each):
    """n messages, `each` a process; a second how many. The jobs are made beforehand."""
    jobs = [rig.job(relay(port, how), messages(each, i)) for i in range(0, n, each)]
    begun = time.monotonic()
    for j in jobs:
        r = subprocess.run([rig.MAIL], input=j, capture_output=True)
        assert r.returncode == 0, r.stdout[-400:] + r.stderr
    return n / (time.monotonic() - begun)


def msmtp(port, how, n):
    octets = ("From: noc@localhost\nTo: a@localhost\nSubject: link down\n\n" + TEXT).encode()
    tls = ["--tls=on", "--tls-starttls=on", "--tls-trust-file=" + certs + "/ca.pem"] if how == "starttls" else ["--tls=off"]
    argv = ["msmtp", "--file=/dev/null", "--host=localhost", "--port=%d" % port, "--auth=off", "--from=noc@localhost", *tls, "a@localhost"]
    begun = time.monotonic()
    for _ in range(n):
        subprocess.run(argv, input=octets, check=True)
    return n / (time.monotonic() - begun)


def rates():
    for how, words in (("plain", "notls"), ("starttls", "tls13")):
        sink = Sink(words)
        many, single = ours(sink.port, how, MANY, MANY), ours(sink.port, how, SINGLE, 1)
        line = "%-9s %d in a session %7.0f/s   one a process %5.0f/s" % (how, MANY, many, single)
        if shutil.which("msmtp"):
            other = msmtp(sink.port, how, FEW)
            line += "   msmtp %5.0f/s   ratio %.1f (one a process %.1f)" % (other, many / other, single / other)
        print(line, flush=True)
        sink.close()


def memory():
    sink = Sink("notls")
    peaks = []
    for i in range(ROUNDS):
        j = rig.job(relay(sink.port, "plain"), messages(1000, i * 1000))
        p = subprocess.Popen([rig.MAIL], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        p.stdin.write(j)
        p.stdin.close()
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        assert p.returncode == 0
        peaks.append(used.ru_maxrss)
    sink.close()
    print("memory    %d messages of 2 kB, a thousand a process: peak %d kB in the first, %d kB in the last, %d kB at most" % (
        ROUNDS * 1000, peaks[0], peaks[-1], max(peaks)))


print("mail: messages of 2 kB to a server written in Python on loopback, %d cores" % os.cpu_count())
rates()
memory()
