"""The wall clock steps an hour back and an hour forward, and days: rows keep the order in which they came, none goes for its
age because of it, informs are answered once each, the engine's boots and time do not go back."""
from collector import *

V3 = ["-v", "3", "-l", "authPriv", "-a", "SHA-256", "-x", "AES", "-u", "blast", "-A", "authpassword", "-X", "privpassword"]
collector = Collector()
shim = Shim(collector)
collector.admit_blast("8000000001020304", "keep-days = 1\n")
collector.start()
mine = udp()
mine.settimeout(20)
number = 100


def inform():
    global number
    number += 1
    mine.sendto(v2c(number, tag=0xa6, uptime=number), ("127.0.0.1", collector.port))
    return mine.recv(9999) == v2c(number, tag=0xa2, uptime=number)


def newest():
    return collector.rows("SELECT id, received FROM notification ORDER BY id DESC LIMIT 1")[0]


def stamp():
    try:
        return os.stat(os.path.join(collector.state, "trapline.prom")).st_mtime_ns
    except OSError:
        return None


def v3():
    return send("snmpinform", *V3, "-t", "3", "-r", "3", "127.0.0.1:%d" % collector.port, "1", LINK_DOWN).returncode == 0


ok(inform() and v3(), "informs are answered")
first = collector.rows("SELECT min(id), max(received) FROM notification")[0]
writer = collector.pid("writer")
for what, seconds in (("an hour back", -3600), ("an hour forward", 3600), ("three days forward", 3 * 86400),
                      ("thirty days back", -30 * 86400), ("right again", 0)):
    last, rows = newest(), collector.count()
    shim.step(seconds)
    ok(inform(), what + ": a v2c inform is answered")
    ok(v3(), what + ": and a v3 one, whose sender knows our time")
    mine.sendto(v2c(number, tag=0xa6, uptime=number), ("127.0.0.1", collector.port))
    equal(mine.recv(9999), v2c(number, tag=0xa2, uptime=number), what + ": a copy is answered")
    now = newest()
    ok(now[0] == last[0] + 2, what + ": the rows go on in order", last, now)
    ok(abs((now[1] - time.time_ns()) / 1e9 - seconds) < 60, what + ": and say what the clock said", now)
    # Upkeep has been there: it says that the clock was set, and writes the metrics.
    if seconds != 0:
        about = "|".join(str(seconds + more) for more in (-1, 0, 1))
        ok(wait(lambda: re.search(r"clock was set by (%s) s" % about, collector.log())), what + ": that is noticed",
           collector.log())
    else:
        for _ in range(2):
            before = stamp()
            ok(wait(lambda: stamp() != before, 40), what + ": upkeep goes on")
    equal(collector.count(), rows + 2, what + ": no row is gone")
equal(collector.rows("SELECT min(id) FROM notification")[0][0], first[0], "the first is still there")
equal(collector.pid("writer"), writer, "nothing was restarted")
ok(wait(collector.adds_up), "the ledger adds up", collector.ledger())

# A row that is old by a clock that did not step goes, and with it what came before the one that says it is the oldest.
equal(collector.stop(), 0, "SIGTERM ends it well")
last = newest()[0]
db = sqlite3.connect(collector.store)
db.execute("UPDATE notification SET received=? WHERE id<=?", (time.time_ns() - 2 * 86400 * 10**9, first[0] + 3))
db.commit()
db.close()
collector.start()
ok(wait(lambda: collector.rows("SELECT min(id) FROM notification")[0][0] == last - 1), "older than keep-days: gone",
   collector.rows("SELECT min(id) FROM notification"))
equal(collector.count(), 2, "what is young stays")
done()
