"""retention.py [ROWS]: of a journal that is far beyond its bounds the oldest rows go in small steps, while informs are
answered all the time; by number, by size, by age; the WAL stays small."""
from collector import *

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100000
collector = Collector()
collector.start()
blast("traps", collector.port, count=1)
wait(lambda: collector.count() == 1)
equal(collector.stop(), 0, "made a store")
db = sqlite3.connect(collector.store)
db.execute("PRAGMA synchronous=OFF")
db.execute("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) INSERT INTO notification(id, "
           "received, version, inform, severity, why, source, origin, name, uptime, raw) SELECT i, received - 40 * "
           "86400000000000 + i, version, inform, severity, why, source, origin, name, uptime, raw FROM n, notification WHERE "
           "notification.id=1", (ROWS,))
db.execute("UPDATE notification SET received = received - 50 * 86400000000000 WHERE id=1")
db.commit()
db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
db.close()
size = os.path.getsize(collector.store)
print("# %d rows, %d MiB" % (ROWS, size >> 20), flush=True)


def bounds():
    return collector.rows("SELECT min(id), max(id) FROM notification")[0]


def used():
    pages, unused = collector.rows("PRAGMA page_count"), collector.rows("PRAGMA freelist_count")
    return (pages[0][0] - unused[0][0]) * 8192 if pages and unused else 0


def shrink(what, config, is_done):
    """Until it is done, under informs; none of them waits for it."""
    collector.configure(config)
    collector.start()
    begin, wal = time.monotonic(), 0
    sender = blast("informs", collector.port, window=8, rate=300, seconds=100000, resend=5000, background=True,
                   first=(int(time.time()) & 0x1fff) << 16 | 1 << 29)
    while not is_done() and time.monotonic() < begin + 600:
        try:
            wal = max(wal, os.path.getsize(collector.store + "-wal"))
        except OSError:
            pass
        time.sleep(0.05)
    ok(wait(is_done), what + " in %.1f s" % (time.monotonic() - begin), bounds())
    sender.terminate()
    words = words_of(sender.communicate(timeout=60)[0])
    equal(words["asked"], words["answered"], what + ": every inform was answered meanwhile, 99 %% within %s ms" % words["p99"])
    ok(float(words["p99"]) < 5000, what + ": none had to wait for it", words)
    ok(wal < 96 << 20, what + ": the WAL stayed at %d MiB" % (wal >> 20))
    ok(wait(lambda: collector.ledger()["waiting"] == 0 and collector.adds_up()), what + ": the ledger adds up")
    equal(collector.stop(), 0, what + ": stopped well")


last = ROWS
shrink("by number", "keep-rows = %d\n" % (ROWS * 3 // 4), lambda: bounds()[1] - bounds()[0] < ROWS * 3 // 4)
mib = max(2, (size >> 20) // 2)
shrink("by size", "keep-mib = %d\n" % mib, lambda: bounds()[0] > ROWS // 3 and 0 < used() <= mib << 20)
ok(bounds()[1] > last, "what is new stays", bounds())
shrink("by age", "keep-days = 30\n", lambda: bounds()[0] > ROWS)
equal(collector.rows("PRAGMA integrity_check"), [("ok",)], "the store is whole")
done()
