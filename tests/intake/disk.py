"""The store's disk is full, read-only or broken, or the store is locked or moved away: informs are not answered, all
waits in bounded memory with a count that shows, and it goes on by itself when it can."""
import struct
from collector import *

EVERY_CALL, ON_WRITE, ON_SYNC = 7, 1, 2
SMALL = 1 << 20

collector = Collector(arguments=["--longest-gap", "200"])
shim = Shim(collector)
collector.start()
before = collector.children()
sender, request = udp(), 1000


def inform(number, wait_s=0):
    sender.sendto(v2c(number, tag=0xa6), ("127.0.0.1", collector.port))
    return answered(number, wait_s)


def answered(number, seconds):
    sender.settimeout(seconds or 0.001)
    end = time.monotonic() + seconds
    while True:
        try:
            if sender.recv(9999) == v2c(number, tag=0xa2):
                return True
        except OSError:
            pass
        if time.monotonic() > end:
            return False


def count_of(number):
    needle = v2c(number, community=b"******", tag=0xa6)
    return len(collector.rows("SELECT 1 FROM notification WHERE raw=?", needle))


def told(name):
    """A number for Prometheus."""
    try:
        with open(os.path.join(collector.state, "trapline.prom")) as f:
            return int(re.search(r"^trapline_%s (\d+)$" % name, f.read(), re.M).group(1))
    except (OSError, AttributeError):
        return None


def limited(bound):
    """As a disk quota does it: no file of the writer may grow beyond this."""
    resource_prlimit(collector.pid("writer"), bound)


def resource_prlimit(pid, bound):
    import resource
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (bound if bound is not None else hard, hard))


moved = collector.store + ".away"


def move(away):
    for end in ("", "-wal", "-shm"):
        if os.path.exists((collector.store if away else moved) + end):
            os.rename((collector.store if away else moved) + end, (moved if away else collector.store) + end)


lock = None


def locked(on):
    global lock
    if on:
        lock = sqlite3.connect(collector.store, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
    else:
        lock.execute("ROLLBACK")
        lock.close()


FAULTS = [
    ("the disk is full", lambda: shim.fail(28, ON_WRITE), shim.mend, "no room|I/O|disk"),
    ("a file may not grow (quota)", lambda: limited(4096), lambda: limited(None), "no room|I/O|disk"),
    ("the disk is read-only", lambda: shim.fail(30, EVERY_CALL), shim.mend, "cannot be|I/O|written|opened"),
    ("writing ends with EIO", lambda: shim.fail(5, ON_WRITE), shim.mend, "I/O"),
    ("syncing ends with EIO", lambda: shim.fail(5, ON_SYNC), shim.mend, "I/O"),
    ("the store is locked", lambda: locked(True), lambda: locked(False), "locked"),
]
for what, begin, end, words in FAULTS:
    number = request = request + 1
    ok(inform(number, 20), what + ": answered before")
    hits = shim.hits()
    begin()
    number = request = request + 1
    inform(number)
    for i in range(50):
        sender.sendto(v2c(1), ("127.0.0.1", collector.port))
    ok(wait(lambda: collector.look()["waiting"] >= 51), what + ": 51 wait, and that is shown", collector.look())
    ok(wait(lambda: re.search(words, collector.look()["trouble"])), what + ": and why", collector.look())
    shown = subprocess.run([BUILD + "/trapline", "--config", collector.conf, "ledger"], env=dict(
        collector.environment, LD_PRELOAD=""), capture_output=True, text=True, timeout=60)
    ok(re.search(r"holds \d\d+ in memory and has lost 0: .*(%s)" % words, shown.stdout), what + ": by trapline ledger, too",
       shown.stdout, shown.stderr)
    ok(wait(lambda: told("store_ready") == 0 and told("frames_in_memory") >= 51), what + ": and for Prometheus", told("store_ready"),
       told("frames_in_memory"))
    ok(not answered(number, 0.3), what + ": an inform is not answered")
    ok(not inform(number, 0.1), what + ": nor is its copy")
    if begin.__code__.co_names[0] == "shim":
        ok(shim.hits() > hits, what + ": it was made to fail %d times" % (shim.hits() - hits))
    synced = shim.synced()
    end()
    ok(answered(number, 20) or inform(number, 20), what + ": over, and it is answered")
    if words == "I/O": # what is read back after a failed sync may be lost all the same: it is written to the other file
        ok(shim.synced() > synced, what + ": but not before the store itself is synced")
    ok(wait(lambda: collector.ledger()["waiting"] == 0 and collector.adds_up() and collector.look()["waiting"] == 0 and
            collector.look()["trouble"] == ""), what + ": nothing waits any more, the ledger adds up", collector.look(),
       collector.ledger(), collector.log()[-1500:])
    ok(wait(lambda: told("store_ready") == 1), what + ": and Prometheus is told")
    equal(count_of(number), 1, what + ": the inform is there once")
sent = 52 * len(FAULTS)
equal(collector.count(), sent, "all of them are there")

# The file is taken away, and put back.
move(True)
number = request = request + 1
inform(number)
ok(wait(lambda: os.path.exists(collector.store)), "a store that is gone is noticed")
ok(answered(number, 20) or inform(number, 20), "a new one is made: the inform is answered")
equal(count_of(number), 1, "and is in the new store")
for end in ("", "-wal", "-shm"):
    if os.path.exists(collector.store + end):
        os.rename(collector.store + end, collector.store + ".new" + end)
move(False)
number = request = request + 1
ok(inform(number, 5) or inform(number, 20), "the old one put back: it goes on there")
ok(wait(lambda: collector.count() == sent + 1 and count_of(number) == 1), "with the rows it had", collector.count())
equal(collector.children(), before, "nothing was restarted")
equal(collector.stop(), 0, "SIGTERM ends it well")
collector.close()

# More than memory holds: lost, and counted.
small = Collector(arguments=["--memory", "1", "--longest-gap", "200"])
shim = Shim(small)
small.start()
shim.fail(28, ON_WRITE)
blast("traps", small.port, count=12000, rate=40000)
ok(wait(lambda: small.look()["waiting"] + small.look()["lost"] >= 12000), "what waits and what is lost is shown",
   small.look())
ok(small.look()["lost"] > 0, "a mebioctet does not hold them all", small.look())
shim.mend()
ok(small.settled(12000), "mended, the ledger adds up", small.ledger())
ledger = small.ledger()
ok(ledger["lost_overflow"] > 0, "the ledger says how many were lost", ledger)
equal(ledger["stored"] + ledger["lost_overflow"] + ledger["kernel_drops"], 12000, "sent is stored and lost")
equal(small.count(), ledger["stored"], "and as many rows are there")
# Stopped while the disk is full: it ends, and says what it could not keep.
shim.fail(28, ON_WRITE)
blast("traps", small.port, count=100)
wait(lambda: small.look()["waiting"] >= 100)
started = time.monotonic()
small.process.send_signal(signal.SIGTERM)
words = small.process.communicate(timeout=60)[1]
ok(re.search(r"\b100 notes that waited for the store are lost", words), "stopped while the disk is full, it says what is lost",
   words)
equal(small.process.returncode, 1, "and that it did not end well")
done()
