"""Fifty thousand notifications within a second, a hundred thousand strangers' engines, thousands of messages with changed
octets: nothing is lost or it is said how much, memory and log stay bounded, nobody crashes."""
from collector import *

MUTANTS = int(sys.argv[1]) if len(sys.argv) > 1 else 30000
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
ENGINE = "8000000001020304"
collector = Collector()
collector.admit_blast(ENGINE)
collector.start()
before = collector.children()


def memory(pid):
    """KiB of its own; the ring, of a fixed size, is shared."""
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1))


def bounded(since, what):
    grown = memory(intake) - since
    ok(grown < (524288 if SANITIZED else 1024), "intake has not grown by %s: %d KiB" % (what, grown))


def told():
    l = collector.ledger()
    return l["received"] + l["kernel_drops"]


def settled(sent):
    return wait(lambda: told() >= sent and collector.ledger()["waiting"] == 0 and collector.adds_up(), 60)


sent = 0
for version in (2, 3):
    start = collector.ledger()
    result = blast("traps", collector.port, version=version, engine=ENGINE, count=50000, rate=50000, sources=50)
    sent += 50000
    ok(settled(sent), "v%d: 50,000 within a second: all are accounted for (sent in %s s)" % (version, result["seconds"]),
       collector.ledger())
    now = collector.ledger()
    lost = now["lost_overflow"] + now["kernel_drops"] - start["lost_overflow"] - start["kernel_drops"]
    equal(now["stored"] - start["stored"] + lost, 50000, "v%d: stored, and lost: %d" % (version, lost))
equal(collector.count(), collector.ledger()["stored"], "as many rows as the ledger says")

# A socket that cannot hold them: the kernel drops, and the ledger says how many.
intake = collector.pid("trapline-intake")
start = collector.ledger()
os.kill(intake, signal.SIGSTOP)
room = int(collector.rows("SELECT max(granted) FROM listener")[0][0])
count = room // 350 + 30000 # a small datagram takes 768 octets of twice the room
blast("traps", collector.port, count=count)
os.kill(intake, signal.SIGCONT)
sent += count
ok(settled(sent), "more than the socket holds: all are accounted for", collector.ledger(), sent)
ok(collector.ledger()["kernel_drops"] > start["kernel_drops"], "the kernel's drops are counted", collector.ledger())
equal(collector.ledger()["stored"] - start["stored"] + collector.ledger()["kernel_drops"] - start["kernel_drops"] +
      collector.ledger()["lost_overflow"] - start["lost_overflow"], count, "to the last one")

# Its table of informs, remembered for minutes, grows up to INFORMS of them: it is filled before anything is measured.
# Mutants fill it, too, for many a trap becomes an inform.
INFORMS = 1 << 17
bursts = 0


def inform(version, count):
    """At least so many informs, each of an id of its own; whether all were answered."""
    global sent, bursts
    asked = 0
    while asked < count:
        bursts += 1
        result = blast("informs", collector.port, version=version, window=512, seconds=1, first=(1 << 24) + (bursts << 22))
        asked += int(result["asked"])
        sent += int(result["sent"]) + (version == 3) # that one asks who we are
        if not int(result["asked"]) or result["answered"] != result["asked"]:
            return False
    return settled(sent)


ok(inform(2, INFORMS), "%d informs fill the table" % INFORMS, collector.ledger())
resident = memory(intake)
ok(SANITIZED or resident < 65536, "intake has %d KiB of its own" % resident)
ok(inform(2, INFORMS), "as many again", collector.ledger())
bounded(resident, "them")
ok(inform(3, 1000), "v3 informs", collector.ledger())
resident = memory(intake)
ok(inform(3, 50000), "50,000 v3 informs", collector.ledger())
bounded(resident, "them")
sent = told()

# Strangers.
blast("strangers", collector.port, count=20000, rate=20000)
sent += 20000
ok(settled(sent), "20,000 invented engines", collector.ledger())
start, resident = collector.ledger(), memory(intake)
ticks = cpu_of(intake)
blast("strangers", collector.port, count=100000, rate=40000, seed=2)
sent += 100000
ok(settled(sent), "100,000 more", collector.ledger())
bounded(resident, "strangers")
each = (cpu_of(intake) - ticks) / 100000 * 1e6
ok(each < 100, "%.1f microseconds of CPU each" % each)
lost = collector.ledger()["kernel_drops"] - start["kernel_drops"]
equal(collector.ledger()["causes"][3] - start["causes"][3] + lost, 100000, "counted as unknown engines")
ok(collector.rows("SELECT count(*) FROM rejected_sender")[0][0] <= 1000, "their rows are bounded")
octets = os.path.getsize(collector.store)

# Mutants, v2c and v3.
for version in (2, 3):
    lines = collector.log().count("\n")
    start = collector.ledger()
    blast("mutants", collector.port, count=MUTANTS, version=version, engine=ENGINE, seed=SEED, rate=30000)
    sent += MUTANTS
    ok(settled(sent), "v%d: %d with changed octets, seed %d" % (version, MUTANTS, SEED), collector.ledger(),
       collector.log()[-1000:])
    now = collector.ledger()
    ok(now["malformed"] - start["malformed"] > MUTANTS / 20, "v%d: the malformed are counted" % version, now)
    ok(collector.log().count("\n") - lines <= 20, "v%d: the log stays quiet" % version, collector.log()[-1000:])
equal(collector.children(), before, "nobody died")
bounded(resident, "mutants")
mine = udp()
mine.settimeout(20)
mine.sendto(v2c(9, tag=0xa6), ("127.0.0.1", collector.port))
equal(mine.recv(9999), v2c(9, tag=0xa2), "an inform is answered after all that")
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
