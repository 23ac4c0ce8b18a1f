"""Notifications over TCP: net-snmp's own senders in every version, messages cut anywhere and several at once, garbage, more
connections than there is room for, the death of the process that takes them."""
from collector import *

V3 = ["-v", "3", "-l", "authPriv", "-a", "SHA-256", "-x", "AES", "-u", "blast", "-A", "authpassword", "-X", "privpassword"]
ENGINE = "8000000001020304"
collector = Collector(listen=("udp:127.0.0.1:0", "tcp:127.0.0.1:0", "tcp6:[::1]:0"), arguments=["--longest-gap", "100"])
collector.admit_blast(ENGINE)
collector.start()
ok(wait(lambda: "streams runs" in collector.log()), "the process of streams runs", collector.log())
four, six = "tcp:127.0.0.1:%d" % collector.ports[1], "tcp6:[::1]:%d" % collector.ports[2]


def newest():
    rows = collector.rows("SELECT version, inform, source, origin, security FROM notification ORDER BY id DESC LIMIT 1")
    return rows[0] if rows else None


for target, origin in ((four, "127.0.0.1"), (six, "::1")):
    for version, program, words, row in (
            (1, "snmptrap", ["-v", "1", "-c", "x"], (1, 0)), (2, "snmptrap", ["-v", "2c", "-c", "x"], (2, 0)),
            (2, "snmpinform", ["-v", "2c", "-c", "x"], (2, 1)), (3, "snmptrap", V3 + ["-e", "0x" + ENGINE], (3, 0)),
            (3, "snmpinform", V3, (3, 1))):
        what = "%s %s over %s" % (program, words[1], target.split(":")[0])
        before = collector.count()
        tail = ["1.3.6.1.4.1.9", "", "2", "0", "7"] if version == 1 else ["7", LINK_DOWN]
        result = send(program, *words, target, *tail)
        ok(wait(lambda: collector.count() == before + 1), what + " arrives", result.stderr, collector.log()[-500:])
        equal(result.returncode, 0, what + (" is answered" if program == "snmpinform" else " is sent"))
        got = newest()
        ok(got[:2] == row and (got[3] == origin or version == 1) and (got[4] == "blast" or version < 3), what + " as sent", got)

def connect():
    s = socket.create_connection(("127.0.0.1", collector.ports[1]), 20)
    s.settimeout(20)
    return s


def receive(s, n):
    octets = b""
    while len(octets) < n:
        more = s.recv(n - len(octets))
        if not more:
            break
        octets += more
    return octets


# One octet at a time; then many at once, the last cut in two.
s = connect()
for i in range(len(v2c(50, tag=0xa6))):
    s.sendall(v2c(50, tag=0xa6)[i:i + 1])
equal(receive(s, len(v2c(50))), v2c(50, tag=0xa2), "an inform that comes octet by octet is answered")
before = collector.count()
batch = b"".join(v2c(1000 + i) for i in range(2000)) + v2c(51, tag=0xa6)
s.sendall(batch[:-20])
s.sendall(batch[-20:])
equal(receive(s, len(v2c(51))), v2c(51, tag=0xa2), "two thousand traps and an inform at once")
equal(collector.count(), before + 2001, "all are there")
large = v2c(52, tag=0xa6, more=b"".join(varbind("1.3.6.1.4.1.9.%d" % i, tlv(4, b"x" * 1000)) for i in range(60)))
s.sendall(large)
ok(len(receive(s, len(large))) == len(large), "an inform of %d octets" % len(large))
# A retransmission on another connection is a copy, and answered there.
before = collector.count()
t = connect()
t.sendall(v2c(51, tag=0xa6))
equal(receive(t, len(v2c(51))), v2c(51, tag=0xa2), "a copy on another connection is answered there")
equal(collector.count(), before, "and no new event")

# What is no message ends its connection, is counted, and hurts nobody.
malformed = collector.ledger()["malformed"]
for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x30\x85\x01\x01\x01\x01\x01", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80\x00",
                b"\x16\x03\x01\x00\xa5\x01"):
    g = connect()
    g.sendall(garbage)
    equal(receive(g, 1), b"", "%r ends its connection" % garbage)
ok(wait(lambda: collector.ledger()["malformed"] == malformed + 5), "and is counted", collector.ledger())
silent = connect()
silent.sendall(v2c(60)[:10])  # and no more

# More connections than there is room for: the quiet ones go.
many = [connect() for _ in range(300)]
for i, c in enumerate(many[-100:]):
    c.sendall(v2c(2000 + i, tag=0xa6))
    if receive(c, len(v2c(2000))) != v2c(2000 + i, tag=0xa2):
        ok(False, "connection %d of 300 is served" % (200 + i))
        break
else:
    ok(True, "the latest of 300 connections are served")
gone = sum(1 for c in many[:40] + [silent] if receive(c, 1) == b"")
ok(gone == 41, "the oldest were hung up on", gone)
for c in many:
    c.close()

# The process dies: connections end, the rest goes on, and it comes back.
pid = collector.pid("streams")
inform = connect()
os.kill(pid, signal.SIGSEGV)
ok(wait(lambda: collector.pid("streams") not in (None, pid)), "killed, it is started again")
mine = udp()
mine.settimeout(20)
mine.sendto(v2c(70, tag=0xa6), ("127.0.0.1", collector.port))
equal(mine.recv(9999), v2c(70, tag=0xa2), "UDP goes on meanwhile")
equal(send("snmpinform", "-v", "2c", "-c", "x", four, "7", LINK_DOWN).returncode, 0, "and TCP afterwards")
pid = collector.pid("trapline-intake")
c = connect()
os.kill(pid, signal.SIGKILL)
c.sendall(v2c(71, tag=0xa6))
equal(receive(c, len(v2c(71))), v2c(71, tag=0xa2), "intake dies: what comes by a connection waits for the next one")
ok(wait(lambda: collector.ledger()["waiting"] == 0 and collector.adds_up()), "the ledger adds up", collector.ledger())
with open("/proc/%d/status" % collector.pid("streams")) as f:
    status = f.read()
ok("NoNewPrivs:\t1" in status and "CapEff:\t0000000000000000" in status, "it has no privileges")

other = Collector(listen=("tcp:127.0.0.1:%d" % collector.ports[1],))
result = subprocess.run([BUILD + "/traplined", "--config", other.conf], env=other.environment, capture_output=True,
                        text=True, timeout=30)
ok("taken by traplined (pid %d)" % collector.process.pid in result.stderr, "a TCP port that is taken: by whom", result.stderr)
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
