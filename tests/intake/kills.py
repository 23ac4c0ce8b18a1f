"""kills.py [KILLS [SEED]]: kill -9 of intake, of the writer and, as when the power goes, of all at once, at random instants
under load, v2c and v3. Every inform whose sender saw the answer is in the store, none is there twice, and the ledger adds
up."""
import random
from collector import *

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 50
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
ENGINE = "8000000001020304"
random.seed(SEED)
print("# %d kills, seed %d" % (KILLS, SEED), flush=True)

collector = Collector(arguments=["--longest-gap", "50"])
collector.admit_blast(ENGINE)
collector.start()
collector.listen = ("udp:127.0.0.1:%d" % collector.port,) # the same again
collector.admit_blast(ENGINE)
logs = {version: os.path.join(collector.directory, "answered-%d" % version) for version in (2, 3)}
senders = {version: blast("informs", collector.port, version=version, window=16, seconds=100000, rate=rate, resend=300,
                          first=version << 28, log=logs[version], background=True)
           for version, rate in ((2, 600), (3, 300))}
traps = blast("traps", collector.port, count=10**9, rate=200, first=4 << 27, background=True)

killed = {"writer": 0, "trapline-intake": 0, "all": 0}


def kill_all():
    top = collector.process.pid
    os.kill(top, signal.SIGSTOP) # or it starts one anew
    with open("/proc/%d/task/%d/children" % (top, top)) as f:
        everybody = [int(pid) for pid in f.read().split()] + [top]
    for pid in everybody:
        os.kill(pid, signal.SIGKILL)
    collector.process.wait()
    wait(lambda: not any(running(pid) for pid in everybody)) # the writer may be waiting for the disk
    collector.start(wait_ready=False)


for _ in range(KILLS):
    name = random.choices(list(killed), (4, 4, 2))[0]
    pid = wait(lambda: collector.pid("writer" if name == "all" else name), 30)
    if not pid:
        ok(False, "it runs", collector.log()[-1000:], collector.process.poll() and collector.process.stderr.read())
        break
    time.sleep(random.random() ** 3 * 0.3)  # often early, while it starts
    if name == "all":
        kill_all()
        killed[name] += 1
        continue
    try:
        os.kill(pid, signal.SIGKILL)
        killed[name] += 1
    except ProcessLookupError:
        pass
    wait(lambda: collector.pid(name) != pid, 30)
equal(sum(killed.values()), KILLS, "killed: %r" % killed)
traps.terminate()
for sender in senders.values():
    sender.terminate()
counts = {version: words_of(sender.communicate(timeout=120)[0]) for version, sender in senders.items()}
traps.communicate()
print("#", counts, flush=True)


def ids(version):
    """Request-ids in the store: behind the tag and the length of the PDU."""
    found = []
    for raw, pdu in collector.rows("SELECT raw, pdu FROM notification WHERE version=? AND inform=1", version):
        octets = pdu if version == 3 else raw
        at = octets.index(b"\xa6")
        at += 2 if octets[at + 1] < 128 else 2 + (octets[at + 1] & 127)
        assert octets[at:at + 2] == b"\x02\x04"
        found.append(int.from_bytes(octets[at + 2:at + 6], "big"))
    return found


ok(wait(lambda: collector.ledger()["waiting"] == 0 and collector.adds_up(), 60), "nothing waits, the ledger adds up",
   collector.ledger(), collector.log()[-2000:])
for version in (2, 3):
    with open(logs[version]) as f:
        answered = [int(line) for line in f]
    stored = ids(version)
    ok(len(answered) > KILLS, "v%d: %d answered, %d sent again" % (version, len(answered), int(counts[version]["again"])))
    equal(len(answered), int(counts[version]["asked"]), "v%d: every inform was answered in the end" % version)
    equal(sorted(set(answered) - set(stored))[:10], [], "v%d: every answered inform is in the store" % version)
    equal(len(stored), len(set(stored)), "v%d: none is there twice" % version)
ledger = collector.ledger()
equal(ledger["stored"], collector.count(), "stored is the number of rows")
ok(ledger["duplicate"] + ledger["repeated"] > 0, "copies were told from new ones", ledger)
print("#", ledger)
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
