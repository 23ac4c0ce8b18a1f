"""A disk that is really full, a small one of our own: while the collector runs, and when it is started. It says so, answers no
inform, keeps what fits into memory, and goes on by itself once there is room."""
import os, sys

MOUNTED = "TRAPLINE_TEST_DISK"
if MOUNTED not in os.environ: # in a namespace of its own, where an ordinary user may mount
    import subprocess, tempfile
    directory = tempfile.mkdtemp(prefix="trapline-disk-")
    inside = 'mount -t tmpfs -o size=6m none "$0" && exec /usr/bin/python3 "$@"'
    words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", inside, directory]
    if subprocess.run(words + ["-c", ""], stderr=subprocess.DEVNULL).returncode != 0:
        print("1..0 # SKIP an ordinary user may not mount here (user namespaces)")
        sys.exit(0)
    status = subprocess.run(words + [os.path.abspath(__file__)], env=dict(os.environ, **{MOUNTED: directory})).returncode
    os.rmdir(directory)
    sys.exit(status)

from collector import *

disk = os.environ[MOUNTED]
os.mkdir(disk + "/c")
collector = Collector(directory=disk + "/c", listen=("udp:127.0.0.1:0",))
collector.start()
mine = udp()
number = 0


def fill():
    with open(disk + "/filler", "wb", buffering=0) as f:
        try:
            while f.write(bytes(4096)):
                pass
        except OSError:
            pass


def inform(seconds):
    global number
    number += 1
    return again(seconds)


def again(seconds):
    mine.settimeout(seconds)
    mine.sendto(v2c(number, tag=0xa6), ("127.0.0.1", collector.port))
    try:
        return mine.recv(9999) == v2c(number, tag=0xa2)
    except OSError:
        return False


ok(inform(20), "there is room: an inform is answered")
fill()
sent = 8000 # more than the pages that the WAL has already
blast("traps", collector.port, count=sent, rate=20000)
ok(wait(lambda: "no room for store" in collector.look()["trouble"] and "make room" in collector.look()["trouble"]),
   "full: that is shown, and what to do", collector.look(), collector.log()[-1000:])
ok(not inform(0.3), "full: an inform is not answered")
os.unlink(disk + "/filler")
ok(wait(lambda: again(1)), "room again: it is answered", collector.look(), collector.log()[-1000:])
ok(wait(lambda: collector.ledger()["waiting"] == 0 and collector.adds_up() and collector.look()["trouble"] == ""),
   "nothing waits any more, the ledger adds up", collector.ledger(), collector.look())
ledger = collector.ledger()
equal(ledger["stored"] + ledger["lost_overflow"] + ledger["kernel_drops"], sent + 2, "all are there, or counted as lost")
equal(collector.stop(), 0, "SIGTERM ends it well")
ok(not os.path.getsize(collector.store + "-wal") if os.path.exists(collector.store + "-wal") else True, "with nothing left in the WAL")

rows = collector.count()
for end in ("-wal", "-shm"): # made anew when it is opened
    if os.path.exists(collector.store + end):
        os.unlink(collector.store + end)
fill()
collector.start(wait_ready=False)
ok(wait(lambda: "no room for store" in collector.look()["trouble"]), "started on a full disk: that is shown", collector.look(),
   collector.log()[-1000:])
ok("I/O error" not in collector.log(), "and never as something else", collector.log()[-1000:])
ok(not inform(0.3), "an inform is not answered")
os.unlink(disk + "/filler")
ok(wait(lambda: again(1), 30), "room again: it is answered", collector.look(), collector.log()[-1000:])
equal(collector.count(), rows + 1, "and is one row")
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
