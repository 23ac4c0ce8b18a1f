"""A store that is torn or damaged: the collector refuses to start with a sentence, keeps a copy, offers to read out what is
left, does that, and deletes nothing."""
import hashlib, random
from collector import *

PAGE = 8192
SEED = int(time.time())
random.seed(SEED)
print("# seed", SEED, flush=True)
collector = Collector()
collector.start()
for round_ in range(40): # what is in the WAL counts as well; as many at a time as any receive buffer holds
    blast("traps", collector.port, count=1000, rate=10000)
    wait(lambda: collector.count() == 1000 * (round_ + 1))
equal(collector.count(), 40000, "forty thousand notifications")
uuid = collector.rows("SELECT value FROM meta WHERE key='uuid'")
equal(collector.stop(), 0, "stopped well")
with open(collector.store, "rb") as f:
    whole = f.read()
ids = {i for (i,) in collector.rows("SELECT id FROM notification")}


def put(octets):
    for name in os.listdir(collector.state):
        if name.startswith("trapline.db"):
            os.unlink(os.path.join(collector.state, name))
    with open(collector.store, "wb") as f:
        f.write(octets)
    os.chmod(collector.store, 0o600)


def traplined(*arguments):
    return subprocess.run([BUILD + "/traplined", "--config", collector.conf] + list(arguments),
                          env=collector.environment, capture_output=True, text=True, timeout=60)


def kept():
    return sorted(n for n in os.listdir(collector.state) if ".damaged-" in n and not n.endswith(("-wal", "-shm")))


def damaged(pages):
    octets = bytearray(whole)
    for page in pages:
        octets[page * PAGE:(page + 1) * PAGE] = random.randbytes(PAGE)
    return bytes(octets)


def refused(what, octets):
    put(octets)
    for _ in range(2):
        result = traplined()
        ok(result.returncode not in (0, 1), what + ": it does not start", result)
        ok(len(result.stderr.splitlines()) == 1 and "--recover" in result.stderr and
           re.search("damaged|torn", result.stderr) and "a copy is kept" in result.stderr, what + ": and says why",
           result.stderr)
    with open(collector.store, "rb") as f:
        ok(f.read() == octets, what + ": the store is as it was")
    names = kept()
    ok(len(names) == 1, what + ": one copy is kept, however often it is started", names)
    if names:
        with open(os.path.join(collector.state, names[0]), "rb") as f:
            ok(f.read() == octets, what + ": it is a true copy")


def recovered(what, octets, least):
    before = hashlib.sha256(octets).digest()
    result = traplined("--recover")
    ok(result.returncode == 0 and "notifications" in result.stdout and "is kept as" in result.stdout,
       what + ": read out", result.stdout, result.stderr)
    ok(any(hashlib.sha256(open(os.path.join(collector.state, n), "rb").read()).digest() == before for n in kept()),
       what + ": the damaged file is kept", kept())
    left = {i for (i,) in collector.rows("SELECT id FROM notification")}
    ok(left <= ids and len(left) >= least, what + ": %d of 40000 rows are back" % len(left))
    equal(collector.rows("SELECT value FROM meta WHERE key='uuid'"), uuid, what + ": it is the same store")
    equal(collector.rows("PRAGMA integrity_check"), [("ok",)], what + ": and whole")
    collector.start()
    count = collector.count()
    mine = udp()
    mine.settimeout(20)
    mine.sendto(v2c(5, tag=0xa6), ("127.0.0.1", collector.port))
    ok(mine.recv(9999) == v2c(5, tag=0xa2) and collector.count() == count + 1, what + ": and it goes on")
    equal(collector.stop(), 0, what + ": stopped well")


pages = len(whole) // PAGE
# Leaves of the journal: pages in which the community of blast is found masked.
leaves = [p for p in range(1, pages) if whole[p * PAGE] == 13 and whole.count(b"******", p * PAGE, (p + 1) * PAGE) > 10]
ok(len(leaves) > 500, "%d pages, %d of them the journal's leaves" % (pages, len(leaves)))
for what, octets, least in (
        ("a page of noise", damaged(random.sample(leaves, 1)), 39800),
        ("ten pages of noise", damaged(random.sample(leaves, 10)), 38500),
        ("two pages in a row", damaged(leaves[300:302]), 39700),
        ("the last leaf", damaged(leaves[-1:]), 39800)):
    refused(what, octets)
    recovered(what, octets, least)
refused("cut in half", whole[:len(whole) // 2 // PAGE * PAGE])
recovered("cut in half", whole[:len(whole) // 2 // PAGE * PAGE], 0)
refused("a page short", whole[:-PAGE])
refused("no database at all", random.randbytes(100000))
result = traplined("--recover")
ok(result.returncode != 0 and len(result.stderr.splitlines()) == 1, "of noise nothing can be read out, and that is said",
   result.stderr)
equal(os.path.getsize(collector.store), 100000, "and it is left alone")

# A WAL that was cut: what is whole in it is there.
put(whole)
collector.start()
blast("traps", collector.port, count=3000)
wait(lambda: collector.count() == 43000)
for pid in list(collector.children().values()) + [collector.process.pid]:
    os.kill(pid, signal.SIGKILL)
collector.process.wait()
wal = collector.store + "-wal"
size = os.path.getsize(wal) if os.path.exists(wal) else 0
if size > 3 * PAGE:
    os.truncate(wal, size - PAGE // 2)
    with open(wal, "r+b") as f:
        f.seek(size * 2 // 3)
        f.write(random.randbytes(64))
collector.start()
ok(40000 <= collector.count() <= 43000 and collector.rows("PRAGMA integrity_check") == [("ok",)],
   "a cut WAL of %d octets: %d rows, and whole" % (size, collector.count()))
done()
