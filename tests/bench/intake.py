#!/usr/bin/python3
"""intake.py BUILD [quick]: how many notifications are received and kept, beside snmptrapd at its best, in the same run.

snmptrapd runs as `snmptrapd -On -Lf FILE -n -m ""`, with the largest buffer that is granted: what it has written to its
file counts. traplined is as it is shipped: what is committed (synchronous=FULL) counts, with ledger and severity. Both
get the same messages (three varbinds, 50 sources) from the same sender on the same cores over loopback. A rate is held
when not one of the messages of ten seconds (quick: three) is missing at the end."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

BUILD, QUICK = os.path.abspath(sys.argv[1]), "quick" in sys.argv[2:]
HERE = os.path.dirname(os.path.abspath(__file__))
os.environ["top_builddir"] = BUILD
sys.path.insert(0, os.path.join(HERE, "..", "intake"))
sys.dont_write_bytecode = True
from collector import Collector, blast, cpu_of, wait  # noqa: E402

ENGINE = "8000000001020304"
SECONDS = 3 if QUICK else 10
SOURCES = 50


class Snmptrapd:
    name = "snmptrapd"

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="trapline-bench-")
        self.log = os.path.join(self.directory, "traps")
        with open(os.path.join(self.directory, "snmptrapd.conf"), "w") as f:
            f.write("disableAuthorization yes\n"
                    "createUser -e 0x%s blast SHA-256 authpassword AES privpassword\n" % ENGINE)
            f.write("createUser blast SHA-256 authpassword AES privpassword\n")
        with open(os.path.join(self.directory, "snmp.conf"), "w") as f:
            f.write("serverRecvBuf 67108864\n")
        os.mkdir(os.path.join(self.directory, "own"))
        self.process = None

    def start(self):
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        self.port = s.getsockname()[1]
        s.close()
        if os.path.exists(self.log):
            os.unlink(self.log)
        environment = dict(os.environ, MIBS="", SNMPCONFPATH=self.directory, SNMP_PERSISTENT_DIR=self.directory + "/own",
                           HOME=self.directory)
        self.process = subprocess.Popen(["snmptrapd", "-f", "-n", "-m", "", "-On", "-Lf", self.log,
                                         "udp:127.0.0.1:%d" % self.port],
                                        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(lambda: os.path.exists(self.log) and "NET-SNMP version" in open(self.log, errors="replace").read())
        return self

    def kept(self):
        with open(self.log, "rb") as f:
            return f.read().count(b".1.3.6.1.6.3.1.1.4.1.0 = ")

    def grows(self):
        return os.path.getsize(self.log)

    def settle(self):
        """Until it is idle: its file and its CPU stand still for half a second."""
        before = None
        while True:
            now = (self.grows(), self.cpu())
            if now == before:
                return
            before = now
            time.sleep(0.5)

    def cpu(self):
        return cpu_of(self.process.pid)

    def buffer(self):
        inode = None
        with open("/proc/net/udp") as f:
            for line in f:
                words = line.split()
                if words[1].endswith(":%04X" % self.port):
                    inode = words[9]
        said = subprocess.run(["ss", "-u", "-a", "-n", "-m", "-e"], capture_output=True, text=True).stdout
        for line, more in zip(said.splitlines(), said.splitlines()[1:]):
            if inode and "ino:" + inode in line + more:
                found = re.search(r"rb(\d+)", line + more)
                return int(found.group(1)) // 2 if found else 0
        return 0

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
        self.process = None


class Trapline:
    name = "trapline"

    def start(self):
        self.collector = Collector()
        self.collector.admit_blast(ENGINE)
        self.collector.start()
        self.port = self.collector.port
        return self

    def kept(self):
        return self.collector.count()

    def settle(self):
        wait(lambda: self.collector.ledger()["waiting"] == 0, 60)
        before = None
        while True:
            now = self.collector.ledger()["received"]
            if now == before:
                return
            before = now
            time.sleep(0.6)

    def cpu(self):
        return sum(cpu_of(pid) for pid in self.collector.children().values())

    def buffer(self):
        return self.collector.rows("SELECT max(granted) FROM listener")[0][0]

    def stop(self):
        self.collector.close()


def offer(receiver, count, rate, version):
    """Messages that were lost of `count`; the rate that the sender reached, CPU seconds of the receiver."""
    receiver.start()
    try:
        cpu = receiver.cpu()
        words = blast("traps", receiver.port, version=version, engine=ENGINE, count=count, rate=rate, sources=SOURCES)
        receiver.settle()
        return count - receiver.kept(), float(words["rate"]), receiver.cpu() - cpu
    finally:
        receiver.stop()


def hold(receiver, version, start):
    """The highest rate that is held, by steps of a tenth down from the first that is not, found in short runs."""
    rate = start
    while True:
        lost, reached, _ = offer(receiver, rate, rate, version)
        if lost or reached < 0.93 * rate:
            break
        rate = int(rate * 1.25)
    while True:
        lost, reached, cpu = offer(receiver, rate * SECONDS, rate, version)
        short = reached < 0.97 * rate
        print("    %-10s v%d %7d/s for %d s: %d lost%s" % (receiver.name, version, rate, SECONDS, lost,
                                                         ", sender reached %d/s" % reached if short else ""), flush=True)
        if not lost:
            return reached, cpu / SECONDS
        rate = int(rate / 1.1)
        if rate < 1000:
            raise SystemExit("%s receives nothing" % receiver.name)


def informs(receiver, version, window):
    receiver.start()
    try:
        words = blast("informs", receiver.port, version=version, seconds=3 if QUICK else 5, window=window,
                      sources=min(8, window), resend=2000)
        return float(words["rate"]), float(words["p99"])
    finally:
        receiver.stop()


def main():
    theirs, ours = Snmptrapd(), Trapline()
    theirs.start(), ours.start()
    print("buffers granted: snmptrapd %d KiB, trapline %d KiB; %d sources, messages of three varbinds, %d s" %
          (theirs.buffer() // 1024, ours.buffer() // 1024, SOURCES, SECONDS), flush=True)
    theirs.stop(), ours.stop()
    for version, start in ((2, (12000, 100000)), (3, (10000, 50000))):
        slow = hold(theirs, version, start[0])
        fast = hold(ours, version, start[1])
        print("  v%s held without loss: snmptrapd %d/s (CPU %.2f), trapline %d/s (CPU %.2f): %.1f times" %
              ("2c" if version == 2 else 3, *slow, *fast, fast[0] / slow[0]), flush=True)
    for version in (2, 3):
        for window in (64, 512):
            slow = informs(theirs, version, window)
            fast = informs(ours, version, window)
            print("  v%s informs, %d outstanding: snmptrapd %d/s (99 %% within %.1f ms; nothing durable), trapline %d/s "
                  "(%.1f ms; committed): %.1f times" % ("2c" if version == 2 else 3, window, *slow, *fast,
                                                        fast[0] / slow[0]), flush=True)
    for version in (2, 3):
        slow = offer(theirs, 50000, 500000, version)
        fast = offer(ours, 50000, 500000, version)
        print("  v%s, 50,000 in %.2f s: snmptrapd lost %d, trapline %d" %
              ("2c" if version == 2 else 3, 50000 / fast[1], slow[0], fast[0]), flush=True)


if __name__ == "__main__":
    main()
