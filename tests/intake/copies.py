"""An inform sent again is one event and every copy is answered: v2c, v3 (where net-snmp's copies have new msgIDs), before
the commit and after it, and over the death of intake and of the writer."""
import threading
from collector import *

V3 = ["-v", "3", "-l", "authPriv", "-a", "SHA-256", "-x", "AES", "-u", "blast", "-A", "authpassword", "-X", "privpassword"]
collector = Collector(arguments=["--longest-gap", "100"])
shim = Shim(collector)
collector.admit_blast("8000000001020304")
collector.start()


class Lossy:
    """Between sender and collector; the first `lose` answers that are no reports go nowhere."""

    def __init__(self, lose):
        self.front, self.back, self.lose, self.answers, self.copies = udp(), udp(), lose, 0, 0
        self.back.connect(("127.0.0.1", collector.port))
        self.sender = None
        for run in (self.forward, self.backward):
            threading.Thread(target=run, daemon=True).start()

    @property
    def at(self):
        return "127.0.0.1:%d" % self.front.getsockname()[1]

    def forward(self):
        while True:
            octets, self.sender = self.front.recvfrom(9999)
            self.copies += 1
            try:
                self.back.send(octets)
            except OSError:
                pass

    def backward(self):
        while True:
            try:
                octets = self.back.recv(9999)
            except OSError:
                continue
            # A report of discovery is neither signed nor encrypted: its flags are 0. An answer's are not.
            report = b"\x04\x01\x00" in octets[:40] and octets[2:5] != b"\x02\x01\x01"
            if not report:
                self.answers += 1
                if self.answers <= self.lose:
                    continue
            self.front.sendto(octets, self.sender)


expected = 0
for what, words in (("v2c", ["-v", "2c", "-c", "public"]), ("v3", V3)):
    proxy = Lossy(3)
    result = send("snmpinform", *words, "-t", "1", "-r", "8", proxy.at, "4711", LINK_DOWN, timeout=60)
    expected += 1
    equal(result.returncode, 0, what + ": acknowledged in the end")
    ok(proxy.answers == 4, what + ": every copy was answered", proxy.answers, proxy.copies)
    equal(collector.count(), expected, what + ": one event")
    ok(wait(lambda: collector.ledger()["duplicate"] + collector.ledger()["repeated"] == 3 * expected),
       what + ": three copies are counted as such", collector.ledger())

# Copies that come before the first is committed: the disk waits, all are answered.
mine = udp()
for number in (21, 22):
    shim.fail(28, 7)
    for _ in range(4):
        mine.sendto(v2c(number, tag=0xa6), ("127.0.0.1", collector.port))
    ok(wait(lambda: collector.look()["trouble"] != ""), "four copies of one, none committed", collector.look())
    shim.mend()
    mine.settimeout(20)
    equal(mine.recv(9999), v2c(number, tag=0xa2), "committed: answered")
    expected += 1
    ok(wait(lambda: collector.ledger()["waiting"] == 0 and collector.count() == expected), "and one event")

# The same request-id with other words, from another address, with another community, is another event.
before = collector.count()
for octets in (v2c(30, tag=0xa6), v2c(30, tag=0xa6, uptime=100), v2c(30, tag=0xa6, community=b"other")):
    mine.sendto(octets, ("127.0.0.1", collector.port))
    mine.recv(9999)
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
other.bind(("127.0.0.7", 0))
other.settimeout(20)
other.sendto(v2c(30, tag=0xa6), ("127.0.0.1", collector.port))
equal(other.recv(9999), v2c(30, tag=0xa2), "the same words from another address are answered there")
port = udp()
port.settimeout(20)
port.sendto(v2c(30, tag=0xa6), ("127.0.0.1", collector.port))
equal(port.recv(9999), v2c(30, tag=0xa2), "from another port they are a copy, answered to that port")
equal(collector.count(), before + 4, "four events, one copy")

# What was answered before a death is known after it.
for name in ("trapline-intake", "writer"):
    for number in (41, 42):
        pid = collector.pid(name)
        mine.sendto(v2c(number, tag=0xa6), ("127.0.0.1", collector.port))
        mine.recv(9999)
        rows = collector.count()
        os.kill(pid, signal.SIGKILL)
        wait(lambda: collector.pid(name) not in (None, pid))
        mine.sendto(v2c(number, tag=0xa6), ("127.0.0.1", collector.port))
        equal(mine.recv(9999), v2c(number, tag=0xa2), "a copy after the death of the %s is answered" % name)
        equal(collector.count(), rows, "and is no new event")
ok(wait(lambda: collector.ledger()["waiting"] == 0 and collector.adds_up()), "the ledger adds up", collector.ledger())
equal(collector.stop(), 0, "SIGTERM ends it well")
collector.start()
mine.sendto(v2c(42, tag=0xa6), ("127.0.0.1", collector.port))
rows = collector.count()
equal(mine.recv(9999), v2c(42, tag=0xa2), "a copy after a restart of all is answered")
equal(collector.count(), rows, "and is no new event")
done()
