#!/usr/bin/python3
"""outage.py [HOURS]: the mail server is down for hours (the wall clock is a fake one): tries with growing gaps up to their
most, no flood of mails, nothing lost; when it is back all goes in few sessions and in order. A mail past its lifetime is
dead, with the words. Ten thousand notifications in a minute are one mail at once and one more, with the count."""
import mailbox
import os
import sys

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path[:0] = [TOP + "/tests/mail", TOP + "/tests/intake"]
import rig
from collector import *

HOURS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
S = 10**9
certs = rig.certificates()
password = rig.secret_file("s3cret")
box_path = rig.WORK + "/box"
gate = socket.socket()
gate.bind(("127.0.0.1", 0))  # the server's port: nobody listens there yet
port = gate.getsockname()[1]
collector = Collector("""
mail "relay" { server = "localhost" port = %d ca-file = "%s/ca.pem" user = "noc" password-file = "%s" from = "noc@localhost"
  budget-per-hour = 1000 budget-per-recipient = 1000 timeout = 20 }
digest "now" { to = { "oncall@example.net" } severity = "critical" wait = 30 interval = 300 }
""" % (port, certs, password))
shim = Shim(collector)
collector.start()
wait(lambda: collector.rows("SELECT 1 FROM digest_cursor"))
ahead = 0


def clock():
    return time.time_ns() + ahead * S


def step_to(at):
    """The wall clock goes on to there (nanoseconds)."""
    global ahead
    ahead = max(ahead, -((clock() - ahead * S - at) // S))
    shim.step(ahead)


def trapline(*arguments, octets=b""):
    return subprocess.run([BUILD + "/trapline", "--config", collector.conf, "--quiet", *arguments], env=collector.environment,
                          input=octets, capture_output=True, text=False, timeout=120)


def relay():
    rows = collector.rows("SELECT failures, next_try, at, cause FROM mail_relay")
    return rows[0] if rows else (0, 0, 0, "")


mine = udp()


def critical(n=1):
    for i in range(n):
        mine.sendto(v2c(i, uptime=i), ("127.0.0.1", collector.port))


for i in range(120):
    trapline("send", "--to", "ana@example.net", "--subject", "mail %03d" % i, octets=b"text\n")
begin = clock()
gaps, before = [], 0
while clock() < begin + HOURS * 3600 * S:
    if not wait(lambda: relay()[0] > before, 60) or len(gaps) > 10 * HOURS + 20:
        break
    before, next_try, at, cause = relay()
    gaps.append((next_try - at) / S)
    critical()
    step_to(next_try)
most = max(gaps)
print("# %d tries in %d h, gaps %s" % (len(gaps), HOURS, " ".join("%.0f" % g for g in gaps[:10])), flush=True)
equal(relay()[3], "connect", "the server is down")
ok(all(5 * 2**i * 0.79 <= g <= 5 * 2**i * 1.21 for i, g in enumerate(gaps[:7])), "the gaps double, with jitter", gaps[:7])
ok(720 <= gaps[-1] <= 1080 and most <= 1080, "up to a quarter of an hour", gaps)
ok(len({round(g, 2) for g in gaps[9:]}) > len(gaps[9:]) / 2, "never the same", gaps)
states = collector.rows("SELECT state, count(*) FROM mail WHERE cause NOT LIKE 'digest%' GROUP BY state")
equal(states, [(0, 120)], "all mails of people wait")
waiting = collector.rows("SELECT count(*) FROM mail WHERE cause LIKE 'digest%' AND state=0")[0][0]
ok(1 <= waiting <= 2, "the digests of %d hours are folded into %d" % (HOURS, waiting))
lines = sum("connect" in line for line in collector.log().splitlines())
ok(lines <= len(gaps) + 5, "the log has a line a try", lines)
shown = trapline("--json", "mail", "queue").stdout.decode()
ok('"expires":' in shown and "Connection refused" in shown, "the queue says why, and until when", shown[:500])

gate.close()
server, _ = rig.start(["/usr/bin/python3", rig.HERE + "/sink.py", "--port", str(port), "--maildir", box_path, "--starttls", "--certs",
                       certs, "--watch", "--user", "noc", "--password-file", password])
step_to(relay()[1])
newest = lambda: collector.rows("SELECT max(id) FROM notification")[0][0]
told = lambda: collector.rows("SELECT upto FROM digest_cursor")[0][0] >= newest()
if not wait(told, 1):
    step_to(clock() + 331 * S)
ok(wait(told, 30), "the digests reach the last notification")
ok(wait(lambda: not collector.rows("SELECT 1 FROM mail WHERE state NOT IN (3, 7)"), 120, 0.2), "it is back: all goes",
   collector.rows("SELECT id, state, words FROM mail WHERE state NOT IN (3, 7) LIMIT 3"))
box = mailbox.Maildir(box_path, factory=None, create=False)
found = {}
for key in box.keys():
    octets = box.get_bytes(key)
    found[re.search(rb"^Message-ID: (\S+)", octets, re.M | re.I).group(1).decode()] = re.search(rb"^Subject: (.*)", octets, re.M).group(1)
equal(len(found), len(list(box.keys())), "each once")
equal(sorted(s for s in found.values() if s.startswith(b"mail")), [b"mail %03d" % i for i in range(120)], "nothing is lost")
order = [s for s, in collector.rows("SELECT m.subject FROM mail m JOIN mail_attempt a ON a.mail=m.id WHERE m.state=3 AND "
                                    "m.cause NOT LIKE 'digest%' AND a.cause='none' ORDER BY a.id")]
equal(order, sorted(order), "in order")
sessions = collector.rows("SELECT count(DISTINCT started) FROM mail_attempt WHERE cause='none'")[0][0]
ok(sessions <= 8, "in %d sessions" % sessions)
rows = collector.rows("SELECT max(id) FROM notification")[0][0]
covered = [i for m in found if m.startswith("<now.") for i in
           range(int(re.match(r"<now\.(\d+)-", m).group(1)), int(re.match(r"<now\.\d+-(\d+)\.", m).group(1)) + 1)]
equal(sorted(covered), list(range(1, rows + 1)), "every critical notification of these hours is in a digest, once")

# Too many at once.
step_to(clock() + 3600 * S)
wait(lambda: not collector.rows("SELECT 1 FROM mail WHERE state NOT IN (3, 7)"), 60)
already = collector.rows("SELECT count(*) FROM mail WHERE cause LIKE 'digest%' AND state=3")[0][0]
critical()
ok(wait(lambda: collector.count() == rows + 1), "a critical one")
step_to(clock() + 31 * S)
digests = lambda: [s for s, in collector.rows("SELECT subject FROM mail WHERE cause LIKE 'digest%' AND state=3 ORDER BY id")][already:]
ok(wait(lambda: len(digests()) == 1, 30), "is mailed by itself after `wait`", digests())
blast("traps", collector.port, count=10000, rate=5000)
drops = lambda: collector.ledger()["kernel_drops"] + collector.ledger()["lost_overflow"]
ok(wait(lambda: collector.ledger()["waiting"] == 0 and collector.count() + drops() >= rows + 10001, 60), "10,000 more")
last = collector.count()
for _ in range(60):
    step_to(clock() + S)
    time.sleep(0.02)
for i in range(3):  # what is sent now was looked at behind the digests: had one been due, it would be there
    trapline("send", "--to", "ana@example.net", "--subject", "meanwhile", octets=b"text\n")
    wait(lambda: collector.rows("SELECT count(*) FROM mail WHERE subject='meanwhile' AND state=3") == [(i + 1,)], 30)
equal(collector.rows("SELECT count(*) FROM mail WHERE cause LIKE 'digest%' AND state<>7")[0][0] - already, 1, "in that minute no second mail")
step_to(clock() + 301 * S)
ok(wait(lambda: len(digests()) == 2, 60), "then one, for all of them", digests())
made = [at for at, in collector.rows("SELECT created FROM mail WHERE cause LIKE 'digest%' ORDER BY id DESC LIMIT 2")]
ok(made[0] - made[1] >= 300 * S, "`interval` after the one before", made)
ok(str(last - rows - 1) in re.sub(r"[^0-9;]", "", digests()[1]), "with the count", digests(), last - rows - 1)

# Past its lifetime.
rig.stop(server)
trapline("send", "--to", "ana@example.net", "--subject", "too late", octets=b"text\n")
late = lambda: collector.rows("SELECT state, words FROM mail WHERE subject='too late'")[0]
ok(wait(lambda: late()[1] != "", 60), "tried", late())
step_to(clock() + 3 * 86400 * S + 60 * S)
ok(wait(lambda: late()[0] == 6, 60), "after three days it is dead", late())
ok("lifetime" in late()[1] and "Connection refused" in late()[1], "and says why", late())
ok(wait(lambda: "not delivered within their lifetime" in collector.log(), 10), "in the log, too")
ok('"state":"dead"' in trapline("--json", "mail", "queue").stdout.decode(), "and in the queue")
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
