#!/usr/bin/python3
"""kills.py [KILLS [SEED]]: kill -9 of supervisor, writer and trapline-mail at random instants while mail flows to a real
server (STARTTLS, AUTH): mails of people and digests of notifications. Each arrives at least once, repeats have the same
Message-ID and are the same, digests leave no notification out and tell none in two mails, outbox and server agree."""
import json
import mailbox
import os
import random
import sys
import threading

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path[:0] = [TOP + "/tests/mail", TOP + "/tests/intake"]
import rig
from collector import *

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 50
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
random.seed(SEED)
print("# %d kills, seed %d" % (KILLS, SEED), flush=True)

certs = rig.certificates()
password = rig.secret_file("s3cret")
box_path = rig.WORK + "/box"
_, port = rig.start(["/usr/bin/python3", rig.HERE + "/sink.py", "--maildir", box_path, "--starttls", "--certs", certs, "--watch",
                     "--pause", "0.02", "--user", "noc", "--password-file", password])
collector = Collector("""
mail "relay" { server = "localhost" port = %d ca-file = "%s/ca.pem" user = "noc" password-file = "%s" from = "noc@localhost"
  budget-per-hour = 100000 budget-per-recipient = 100000 timeout = 20 }
digest "now" { to = { "oncall@example.net" } severity = "critical" wait = 0 interval = 1 }
""" % (port, certs, password), arguments=["--longest-gap", "50"])
collector.start()
wait(lambda: collector.rows("SELECT 1 FROM digest_cursor"))
payload = rig.WORK + "/payload"
with open(payload, "wb") as f:
    f.write(random.randbytes(200000))


def trapline(*arguments, octets=b""):
    return subprocess.run([BUILD + "/trapline", "--config", collector.conf, "--quiet", *arguments], env=collector.environment,
                          input=octets, capture_output=True, timeout=120)


ending = threading.Event()
mine = []  # ids that a person was told


def people():
    """No faster than mail leaves, on the whole: what waits in the end is to be sent in the time a test has."""
    number = 0
    while not ending.is_set():
        if not wait(lambda: ending.is_set() or collector.rows("SELECT count(*) < 100 FROM mail WHERE state = 0") == [(1,)], 60):
            break
        number += 1
        run = trapline("--json", "send", "--to", "ana@example.net,bea@example.net", "--subject", "mail %d" % number,
                       *(("--attach", payload) if number % 4 == 0 else ()), octets=b"number %d\n.\n" % number)
        if run.returncode == 0:
            mine.append(json.loads(run.stdout)["id"])
        ending.wait(0.15)


def devices():
    socket_, number = udp(), 0
    while not ending.is_set():
        number += 1
        if collector.ports:
            socket_.sendto(v2c(number, uptime=number), ("127.0.0.1", collector.ports[0]))
        ending.wait(0.05)


def workers():
    """trapline-mail and the child in it that speaks SMTP."""
    writer, found = collector.pid("writer"), []
    todo = [writer] if writer else []
    while todo:
        pid = todo.pop()
        try:
            with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
                children = [int(p) for p in f.read().split()]
        except OSError:
            continue
        found += children
        todo += children
    return found


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False


threads = [threading.Thread(target=t, daemon=True) for t in (people, devices)]
for thread in threads:
    thread.start()
killed = {"supervisor": 0, "writer": 0, "trapline-mail": 0}
while sum(killed.values()) < KILLS:
    target = random.choices(list(killed), (1, 3, 6))[0]
    if target == "trapline-mail":
        if not wait(workers, 0.7, 0.005):
            trapline("mail", "flush")  # it was us: the relay need not rest
        time.sleep(random.random() ** 2 * 0.1)
        found = workers()
        if not found or not kill(random.choice(found)):
            continue
    elif target == "writer":
        pid = wait(lambda: collector.pid("writer"), 30)
        time.sleep(random.random() ** 2 * 0.3)
        if not pid or not kill(pid):
            continue
        wait(lambda: collector.pid("writer") != pid, 30)
    else:
        time.sleep(random.random() * 0.3)
        family = list(collector.children().values())
        collector.process.kill()
        collector.process.wait()
        wait(lambda: not any(map(running, family)), 30)  # they hold its lock
        collector.process.stdout.close()
        collector.process.stderr.close()
        collector.start()
    killed[target] += 1
equal(sum(killed.values()), KILLS, "killed: %r" % killed)
ending.set()
for thread in threads:
    thread.join()


def all_sent():
    trapline("mail", "flush")
    states = collector.rows("SELECT state, count(*) FROM mail GROUP BY state ORDER BY state")
    return states and all(state in (3, 7) for state, _ in states)


def told():
    return collector.rows("SELECT upto FROM digest_cursor")[0][0] >= collector.rows("SELECT max(id) FROM notification")[0][0]


ok(wait(told, 60), "the digests reach the last notification")
ok(wait(all_sent, 120, 0.5), "in the end all is sent", collector.rows("SELECT id, state, attempts, due, words FROM mail WHERE state<>3"),
   collector.log()[-3000:])
outbox = {i: (m, s, w) for i, m, s, w in collector.rows("SELECT id, message_id, state, words FROM mail")}
sent = {m for m, s, _ in outbox.values() if s == 3}
folded = {m for m, s, w in outbox.values() if s == 7}
box = mailbox.Maildir(box_path, factory=None, create=False)
arrived = {}
for key in box.keys():
    octets = box.get_bytes(key)
    head, mail = octets.split(b"X-Auth: noc\n", 1)
    name = re.search(rb"^Message-ID: (\S+)$", mail, re.M | re.I).group(1).decode()
    arrived.setdefault(name, []).append((head, mail))
print("# %d mails, %d of them digests, %d repeats" % (len(sent), sum(m.startswith("<now.") for m in sent),
                                                     sum(len(copies) - 1 for copies in arrived.values())), flush=True)
ok(len(mine) >= KILLS / 2 and any(m.startswith("<now.") for m in sent), "mail flowed", len(mine), len(sent))
equal(sorted(sent - set(arrived))[:5], [], "what the outbox calls sent has arrived")
equal(sorted(set(arrived) - sent)[:5], [], "what has arrived is sent in the outbox")
equal([i for i in mine if i not in outbox][:5], [], "every mail that a person was told of is in the outbox")
equal([name for name, copies in arrived.items() if len({mail for _, mail in copies}) != 1], [], "repeats are the same octets")
equal(collector.rows("SELECT count(*) FROM mail_recipient r JOIN mail m ON m.id = r.mail WHERE m.state = 3 AND r.state <> 3"), [(0,)],
      "every recipient of a sent mail has it")
ranges = sorted(tuple(map(int, re.match(r"<now\.(\d+)-(\d+)\.", m).groups())) for m in sent if m.startswith("<now."))
ids = [i for i, in collector.rows("SELECT id FROM notification ORDER BY id")]
covered = [i for first, last in ranges for i in ids if first <= i <= last]
equal(sorted(set(ids) - set(covered))[:5], [], "every notification is in a digest")
equal(len(covered), len(set(covered)), "none in two")
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
