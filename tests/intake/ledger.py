"""The ledger by listener, by sender and by the hour, over a restart; the same for Prometheus; and what the kernel drops,
for the socket that dropped it."""
import json
from collector import *

collector = Collector(listen=("udp:127.0.0.1:0", "udp:127.0.0.2:0"), config='sender "one" { source = { "127.0.0.0/29" } }\ntrust-loopback = false')
collector.start()


def trapline(*words):
    return subprocess.run([BUILD + "/trapline", "--json", "--config", collector.conf] + list(words), env=collector.environment,
                          capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def ledger(*words):
    return [json.loads(line) for line in trapline("ledger", *words).stdout.splitlines()]


def notify(n, listener, source, tag=0xa7, first=1):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    for i in range(n):
        s.sendto(v2c(first + i, tag=tag), ("127.0.0.%d" % (listener + 1), collector.ports[listener]))
        if tag == 0xa6:
            s.settimeout(20)
            s.recv(9999)
    s.close()


notify(5, 0, "127.0.0.1")
notify(7, 1, "127.0.0.3")
notify(2, 1, "127.0.0.3", 0xa6, 100)
notify(3, 1, "127.0.0.77")
ok(collector.settled(17), "all are settled", collector.ledger())
FIELDS = ("received", "stored", "rejected", "informs-answered")


def by(key, fields, *words):
    return {row[key]: tuple(row[f] for f in fields) for row in ledger("--by", key, *words)}


LISTENERS = {"udp:127.0.0.1:0": (5, 5, 0, 0), "udp:127.0.0.2:0": (12, 9, 3, 2)}
SENDERS = {"127.0.0.1": (5, 5, 0), "127.0.0.3": (9, 9, 0), "127.0.0.77": (3, 0, 3)}
ok(wait(lambda: by("listener", FIELDS) == LISTENERS), "by listener", by("listener", FIELDS))
equal(by("sender", FIELDS[:3]), SENDERS, "by sender")
equal(by("listener", FIELDS, "--since", "1h"), LISTENERS, "by listener since an hour ago")
equal(by("sender", FIELDS[:3], "--since", "1h"), SENDERS, "by sender since an hour ago")
equal([r["sender"] for r in ledger("--by", "sender", "--limit", "1")], ["127.0.0.3"], "the busiest first")
rows = ledger("--hourly")
ok(sum(r["received"] for r in rows) == 17 and all(time.time() - 7200 < r["hour"] <= time.time() and r["hour"] % 3600 == 0 for r in rows),
   "by the hour", rows)
equal(trapline("ledger", "--since", "2099-01-01").returncode, 1, "nothing is of the future: exit 1")
ok(trapline("ledger", "--by", "moon").returncode == 2 and trapline("ledger", "--since", "x").returncode == 2, "words that are none: exit 2")
equal(collector.stop(), 0, "SIGTERM ends it well")

# An hour passes, by the store's account, and the collector starts again.
db = sqlite3.connect(collector.store)
db.execute("UPDATE sample SET hour = hour - 3600000000000 * 3")
db.commit()
db.close()
collector.start()
notify(4, 0, "127.0.0.3")
ok(wait(lambda: sum(r["received"] for r in ledger()) == 21 and ledger()[0]["waiting"] == 0), "more comes", ledger())
now = {r["listener"]: r["received"] for r in ledger("--by", "listener", "--since", "1h")}
equal(now, {"udp:127.0.0.1:0": 4}, "since an hour ago only that is told")
equal({r["sender"]: r["stored"] for r in ledger("--by", "sender", "--since", "1h")}, {"127.0.0.3": 4}, "and of the sender, too")
rows = ledger("--hourly", "--by", "sender")
got = [(r["sender"], r["stored"], r["rejected"]) for r in rows]
ok(got[:3] == [("127.0.0.3", 9, 0), ("127.0.0.1", 5, 0), ("127.0.0.77", 0, 3)] and sum(r[1] for r in got[3:]) == 4 and
   rows[3]["hour"] - rows[0]["hour"] in (3 * 3600, 4 * 3600), "each sender by the hour", rows)
equal(sum(r["received"] for r in ledger("--hourly")), ledger()[0]["received"], "the hours are the whole")


def metrics():
    try:
        return open(os.path.join(collector.state, "trapline.prom")).read()
    except OSError:
        return ""


LINE = 'trapline_sender_total{sender="127.0.0.%s",outcome="%s"} %d\n'
ok(wait(lambda: all(LINE % words in metrics() for words in (("3", "stored", 13), ("1", "stored", 5), ("77", "rejected", 3))), 30),
   "for Prometheus, too", metrics())
ok('trapline_informs_answered_total{listener="udp:127.0.0.2:0"} 2\n' in metrics(), "informs, by the listener that they came by")

# Intake stands still and one socket's buffer overflows: the other one is not blamed.
pid = collector.pid("trapline-intake")
granted = dict(collector.rows("SELECT name, granted FROM listener"))
os.kill(pid, signal.SIGSTOP)
octets, s, sent = bytes(60000), udp(), 0
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
while sent * 60000 < 4 * granted["udp:127.0.0.2:0"] + (1 << 20):
    s.sendto(octets, ("127.0.0.2", collector.ports[1]))
    sent += 1
os.kill(pid, signal.SIGCONT)


def drops():
    return {r["listener"]: r["kernel-drops"] for r in ledger("--by", "listener")}


ok(wait(lambda: drops()["udp:127.0.0.2:0"] > 0 and
        sum(r["received"] + r["kernel-drops"] for r in ledger("--by", "listener")) == 21 + sent), "what the kernel dropped is counted, exactly",
   drops(), sent, ledger())
equal(drops()["udp:127.0.0.1:0"], 0, "for the socket that dropped it")
ok(ledger()[0]["adds-up"], "the ledger adds up")
done()
