"""feed.py [ROWS] [bench]: the console's feed and `trapline traps` over a journal of ROWS. What must hold everywhere:
progress at once, everything looked at, memory bounded, a WAL that does not grow while a feed stands open. With `bench`
the waits are held against what we aim at, too."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "intake"))
sys.dont_write_bytecode = True
from collector import *  # noqa: E402

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 200000
BENCH = "bench" in sys.argv
AIMS = {"open": 50, "page_up": 10, "page_down": 10, "first": 50, "last": 50, "filter_typed": 50, "filter_nothing_key": 50,
        "filter_some_typed": 50, "escape": 50, "following_tick": 50, "paused_tick": 50}
# In KiB beside an open console; AddressSanitizer keeps what was freed.
ROOM = (64 if not SANITIZED else 640) << 10
WAL = 6 << 20
where = tempfile.mkdtemp(prefix="trapline-feed-")
atexit.register(shutil.rmtree, where, True)
store, snapshot = where + "/trapline.db", where + "/cache/mib.snapshot"
environment = dict(os.environ, TRAPLINE_STATE=where + "/state", TRAPLINE_CACHE=where + "/cache", HOME=where)


def run(*words):
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    ok(done.returncode == 0, "%s runs" % os.path.basename(words[0]), done.stderr[-2000:])
    found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return {name: tuple(float(x) for x in value.split("/")) for name, value in found.items()}


def waits(found):
    for name, value in found.items():
        if len(value) != 2:
            continue
        aim = AIMS.get(name)
        words = "%s: median %.2f ms, worst %.2f ms" % (name, *value)
        if BENCH and aim:
            ok(value[1] <= aim, words + ", aim %d ms" % aim)
        else:
            print("#", words)


def bounded(found):
    ok(found["rows_held"][0] <= 20000, "the feed holds %d rows" % found["rows_held"][0])
    ok(found["resident_end"][0] - found["resident_before"][0] < ROOM, "memory: %d MiB before the feed, %d MiB after all" %
       (found["resident_before"][0] / 1024, found["resident_end"][0] / 1024), found)


def under_writer(seconds, reader):
    """The largest WAL while rows are written for so long and `reader` runs."""
    writer = subprocess.Popen([BUILD + "/tests/bench/fill", store, "100000000", "0", "20000"], stdout=subprocess.DEVNULL)
    largest, end = 0, time.monotonic() + seconds
    try:
        while time.monotonic() < end and not (reader and reader.poll() is not None):
            largest = max(largest, os.path.getsize(store + "-wal") if os.path.exists(store + "-wal") else 0)
            time.sleep(0.02)
    finally:
        writer.terminate()
        writer.wait()
    return largest


def cli(*words):
    with subprocess.Popen([BUILD + "/trapline", "--store", store, "traps", *words], env=environment, text=True,
                          stdout=subprocess.PIPE) as child:
        begin = time.monotonic()
        lines = sum(1 for _ in child.stdout)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return lines, child.returncode, usage.ru_maxrss, time.monotonic() - begin


print("# %s rows: %s" % (ROWS, subprocess.run([BUILD + "/tests/bench/fill", store, str(ROWS)], check=True, text=True,
                                             capture_output=True).stdout.strip()), flush=True)
print("# %d MiB" % (os.path.getsize(store) >> 20), flush=True)
subprocess.run([BUILD + "/trapline", "mib", "compile", os.path.join(SOURCE, "mibs")], env=environment, check=True,
               stdout=subprocess.DEVNULL)

found = run(BUILD + "/tests/bench/feed", store, snapshot)
waits(found)
equal(found.get("names"), (1,), "the names are there")
equal(found.get("progress_at_once"), (1,), "a filter that matches nothing shows its progress with the key that was typed")
equal(found.get("all_looked_at"), (1,), "and looks at every row, in %.1f s" % found["filter_nothing_seconds"][0])
ok(found["filter_nothing_keys"][0] > 0, "%d keys were pressed meanwhile" % found["filter_nothing_keys"][0])
bounded(found)

lines, status, most, seconds = cli("--limit", "100000000", "xyzzyq")
equal((lines, status), (0, 1), "traps FILTER that matches nothing, in %.1f s" % seconds)
ok(most < ROOM, "traps FILTER: %d MiB" % (most >> 10))
lines, status, most, seconds = cli("--since", "1h")
ok(0 < lines < ROWS and status == 0 and most < ROOM, "traps --since: %d rows in %.1f s, %d MiB" % (lines, seconds, most >> 10))

feed = subprocess.Popen([BUILD + "/tests/bench/feed", store, snapshot, "3"], env=environment, stdout=subprocess.PIPE, text=True)
largest = under_writer(60, feed)
found = {name: tuple(float(x) for x in value.split("/")) for name, value in
         (line.split("=", 1) for line in feed.communicate()[0].splitlines())}
waits(found)
ok(0 < largest < WAL, "a feed stands open while 20,000 rows a second are written: the WAL had %.1f MiB at most" % (largest / 2**20))
bounded(found)
follow = subprocess.Popen([BUILD + "/trapline", "--store", store, "traps", "--follow", "--limit", "1", "severity=critical"],
                          env=environment, stdout=subprocess.DEVNULL)
largest = under_writer(3, follow)
ok(follow.poll() is None and 0 < largest < WAL, "traps --follow beside the writer: %.1f MiB" % (largest / 2**20))
follow.terminate()
follow.wait()
held = sqlite3.connect(store, isolation_level=None)
held.execute("BEGIN")
held.execute("SELECT max(id) FROM notification").fetchone()
largest = under_writer(3, None)
ok(largest > WAL, "and so it would be seen: a read transaction that stands makes it %.1f MiB" % (largest / 2**20))
held.close()
done()
