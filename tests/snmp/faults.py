#!/usr/bin/python3
"""What happens to devices, and what the engine must make of it: silence, restarts, clocks, passwords, forgeries,
mutants, churn, numbers. The agents are the simulator's. `long` does the scale with full counts. Prints TAP."""
import json
import os
import re
import resource
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sim"))
from corpus import Simulator  # noqa: E402

BUILD = os.environ.get("top_builddir", ".")
LONG = "long" in sys.argv
NAME = "1.3.6.1.2.1.1.5.0"
USER = "user u auth=SHA-256:auth-password priv=AES-128:priv-password"
V3 = ["-v3", "-u", "u", "-a", "SHA-256", "-A", "auth-password", "-x", "AES-128", "-X", "priv-password"]
RECORDING = """1.3.6.1.2.1.1.1.0|4|an agent made for tests
1.3.6.1.2.1.1.3.0|67|4711
1.3.6.1.2.1.1.5.0|4|name
1.3.6.1.2.1.2.2.1.10.1|65:numeric|initial=4294966000,rate=500
1.3.6.1.2.1.2.2.1.10.2|65:numeric|initial=1000,rate=500
1.3.6.1.2.1.31.1.1.1.6.2|70:numeric|initial=1000,rate=500
1.3.6.1.2.1.31.1.1.1.19.2|67|0
"""
count, failed = 0, False


def ok(condition, what, *detail):
    global count, failed
    count += 1
    failed |= not condition
    print(f"{'ok' if condition else 'not ok'} {count} - {what}", flush=True)
    if not condition:
        print("\n".join(f"# {d}" for d in detail), flush=True)


class Watch:
    """ask's verb watch, answered line by line."""

    def __init__(self, *addresses, options=(), descriptors=()):
        self.run = subprocess.Popen([f"{BUILD}/tests/sim/ask", *options, "watch", *addresses], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True, pass_fds=descriptors)

    def send(self, line):
        self.run.stdin.write(line + "\n")
        self.run.stdin.flush()

    def read(self):
        return self.run.stdout.readline().strip()

    def tell(self, line):
        self.send(line)
        return self.read()

    def get(self, i=0, name=NAME):
        return self.tell(f"get {i} {name}")

    def status(self, i=0):
        line = self.tell(f"status {i}")
        found = dict(re.findall(r"(\w+)=(\S*)", line.split(" note=")[0]))
        return {**found, "note": line.split(" note=", 1)[1]}

    def all(self, name=NAME):
        self.send(f"all {name}")
        return self.summary(self.read())

    @staticmethod
    def summary(line):
        return {k: float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", line)}

    def counters(self):
        return self.summary(self.tell("counters"))

    def heap(self):
        """Kilobytes in use, which is what a leak is made of; how much of the process is resident is the allocator's affair."""
        return int(self.summary(self.tell("heap"))["octets"]) // 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.run.pid}/fd"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run.stdin.close()
        self.run.stdout.close()
        self.run.wait(60)


class Agents(Simulator):
    def device(self, command):
        """A device more; its address."""
        self.run.stdin.write(command + "\n")
        self.run.stdin.flush()
        at = self.run.stdout.readline().split()[2]
        self.run.stdout.readline()
        return at


GOOD = "0 ok OCTET STRING 6e616d65"


def silent(sim):
    """Fault 1: 500 silent v3 devices do not delay a live one."""
    at = sim.ready["silent-"]
    sim.tell("fault silent-* silent=1")
    with Watch(f"{at}*500", sim.ready["d"], options=[*V3, "-t", "1", "-r", "3"]) as w:
        w.send(f"all {NAME}")
        w.send(f"get 500 {NAME}")
        first, second = w.read(), w.read()
        ok(first.startswith("500 ok"), "a live device answers while 500 are silent", first)
        counts = w.summary(second)
        ok(counts.get("answered") == 1 and counts.get("failed") == 500, "and each silent one fails once", second)
        ok(w.status(0)["state"] == "3", "silent is how it is shown", str(w.status(0)))
        print(f"# loop stall p99 {counts.get('stall_p99')} ms, longest {counts.get('stall_max')} ms")
        # Fault 2: it appears later.
        sim.tell("fault silent-* none")
        line = w.get(7)
        ok(line.startswith("7 ok"), "a device that appears after its discovery failed answers, without restart", line)


def changes(sim):
    """Faults 3 and 5, a new engine ID, a changed password."""
    with Watch(sim.ready["d"], options=[*V3, "-t", "2", "-r", "2"]) as w:
        ok(w.get() == GOOD, "v3 answers")
        before = w.status()
        sim.tell("reboot d")
        line, s = w.get(), w.status()
        ok(line == GOOD and s["boots"] == str(int(before["boots"]) + 1), "an agent that restarts is asked on", line, str(s))
        ok("restarted" in s["note"], "and it is told", s["note"])
        ok(int(s["resyncs"]) - int(before["resyncs"]) == 1 and s["failure"] == "0", "with one resynchronisation", str(s))
        sim.tell("fault d clock=5000")
        line, after = w.get(), w.status()
        ok(line == GOOD and after["failure"] == "0" and int(after["resyncs"]) <= int(s["resyncs"]) + 1,
           "a clock that jumps ahead is followed", line, str(after))
        sim.tell("fault d none")
        line, after = w.get(), w.status()
        ok(line == GOOD and int(after["resyncs"]) <= int(s["resyncs"]) + 2, "and one that goes back, once", line, str(after))
        ok(w.get() == GOOD and w.status()["resyncs"] == after["resyncs"], "and then it is quiet")
        sim.tell("engine d random")
        line, s = w.get(), w.status()
        ok(line == GOOD and s["engine"] != before["engine"], "a new engine ID is taken", line, str(s))
        ok("new engine ID" in s["note"], "and told", s["note"])
        sim.tell(USER.replace("auth-password", "another-password"))
        line = w.get()
        ok("authentication password" in line, "a changed password is named", line)
        sim.tell(USER)
        line = w.get()
        ok(line == GOOD and w.status()["state"] == "2", "and needs no restart once it is right again", line)
        sim.tell(USER.replace("priv-password", "another-password"))
        line = w.get()
        ok("privacy" in line, "a wrong privacy password is named", line)
        sim.tell(USER)
        # Fault 5: agents that say nothing about it.
        sim.tell("fault d no-reports=1")
    with Watch(sim.ready["d"], options=[*V3[:-1], "wrong-password", "-t", "0.3", "-r", "1"]) as w:
        sim.tell("fault d none")
        line = w.get()
        ok("privacy" in line and "failed" in line, "a wrong privacy password, from the start", line)


def twins(sim):
    """Fault 4: two devices with one engine ID."""
    sim.tell("engine twin 80001f8804aabbccdd")
    sim.tell("engine d 80001f8804aabbccdd")
    with Watch(sim.ready["d"], sim.ready["twin"], sim.ready["other"], options=[*V3, "-t", "2"]) as w:
        lines = [w.get(0), w.get(1), w.get(2), w.get(0), w.get(1)]
        ok(all(" ok " in line for line in lines), "two devices with one engine ID answer, and a third", *lines)
        ok("same engine ID" in w.status(0)["note"] and "same engine ID" in w.status(1)["note"], "and both say so",
           w.status(0)["note"], w.status(1)["note"])
        ok("same engine ID" not in w.status(2)["note"], "the third does not")
    sim.tell("engine d random")


def strangers(sim):
    """Fault 6: an answer from elsewhere."""
    sim.tell("fault other wrong-source=100")
    with Watch(sim.ready["other"], options=["-t", "0.2", "-r", "1"]) as w:
        line, s = w.get(), w.status()
        ok("failed" in line and int(s["strangers"]) >= 1 and "not its address" in s["note"],
           "an answer from another address is dropped, counted and told", line, str(s))
    sim.tell("fault other wrong-source=0 wrong-id=100")
    with Watch(sim.ready["other"], options=["-t", "0.2", "-r", "1"]) as w:
        line, counts = w.get(), w.counters()
        ok("failed" in line and counts["unexpected"] >= 1, "so is one with another number", line, str(counts))
    sim.tell("fault other none")


def mutants(sim):
    """Fault 7: answers cut and changed anywhere, v2c and v3."""
    at = sim.ready["many-"]
    for fault in ("mutate=100", "truncate=100", "mutate=50 truncate=30 duplicate=20"):
        sim.tell(f"fault many-* {fault}")
        for options in (["-v2c"], V3):
            with Watch(f"{at}*200", options=[*options, "-t", "0.2", "-r", "4"]) as w:
                counts, engine = w.all(), w.counters()
                ok(counts.get("answered", 0) + counts.get("failed", 0) == 200 and engine["malformed"] > 0,
                   f"{fault}: each request completes once ({' '.join(options[:1])})", str(counts), str(engine))
    sim.tell("fault many-* none")


def order(sim):
    """Fault 9: duplicates, late and reordered answers."""
    at = sim.ready["many-"]
    sim.tell("fault many-* duplicate=60 reorder=40 reorder-by=300ms delay=1ms jitter=250ms")
    with Watch(f"{at}*200", options=["-t", "0.2", "-r", "40"]) as w:
        for _ in range(3):
            counts = w.all()
            ok(counts.get("answered") == 200, "duplicate, late and reordered answers: each request completes once", str(counts))
        ok(w.counters()["unexpected"] > 0, "and the copies are counted", str(w.counters()))
    sim.tell("fault many-* none")


def numbers(sim):
    """Faults 10 and 11: descriptors, and names that do not resolve."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2000:
        ok(False, "2,000 descriptors are needed", f"the limit is {hard}")
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2000), hard))
    null = os.open("/dev/null", os.O_RDONLY)
    held = [os.dup(null) for _ in range(1200)]
    with Watch(sim.ready["d"], options=V3, descriptors=tuple(held)) as w:
        ok(w.get() == GOOD and w.descriptors() > 1200, "more than 1,024 descriptors are open, and it works", str(w.descriptors()))
    for fd in [*held, null]:
        os.close(fd)
    with Watch(f"{sim.ready['many-']}*200", options=V3) as w:
        ok(w.all().get("answered") == 200 and w.descriptors() < 12, "200 devices share a socket", str(w.descriptors()))
    with Watch(*[f"host-{i}.invalid" for i in range(20)], sim.ready["other"], options=["-t", "5"]) as w:
        w.send(f"all {NAME}")
        w.send(f"get 20 {NAME}")
        lines = [w.read(), w.read()]
        ok(any(line.startswith("20 ok") for line in lines), "a live device answers beside names that do not resolve", *lines)
        ok(any("failed=20" in line for line in lines), "which fail, each once", *lines)


def churn(sim):
    """Fault 12: an engine ID that changes for ever."""
    turns = 3000 if LONG else 300
    with Watch(sim.ready["d"], options=[*V3, "-t", "2", "-r", "0"]) as w:
        first = None
        line = ""
        for i in range(turns):
            sim.tell("engine d random")
            line = w.get()
            if i == 50:
                first = w.heap()
        grown = w.heap() - first
        ok("again and again" in line, "an engine ID that changes for ever is not followed for ever", line)
        print(f"# heap: {first} kB, then {grown} kB more")
        ok(grown < 32, f"memory stays as it is over {turns} of them", f"grown by {grown} kB")


def families(sim):
    """AES-192 and AES-256 with the keys Reeder's draft makes; the simulator makes them by itself. IPv6 with a zone."""
    for auth in ("MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"):
        for priv in ("AES-192", "AES-256", "AES-192-C", "AES-256-C"):
            sim.tell(f"user x auth={auth}:auth-password priv={priv}:priv-password")
            with Watch(sim.ready["d"], options=["-v3", "-u", "x", "-a", auth, "-A", "auth-password", "-x", priv, "-X", "priv-password"]) as w:
                line = w.get()
                ok(line == GOOD, f"{auth} with {priv}", line)
    if "six" in sim.ready:
        port = sim.ready["six"].rsplit(":", 1)[1]
        for address in (f"udp6:[::1]:{port}", f"[::1%1]:{port}"):
            with Watch(address, options=V3) as w:
                line = w.get()
                ok(line == GOOD, f"IPv6: {address.replace(port, 'PORT')}", line)


def environment(home):
    return {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home + "/state", "XDG_CACHE_HOME": home + "/cache"}


def trapline(home, *words):
    return subprocess.run([f"{BUILD}/trapline", *words], capture_output=True, text=True, env=environment(home), timeout=120)


def trapline_start(home, *words):
    return subprocess.Popen([f"{BUILD}/trapline", *words], stdout=subprocess.PIPE, text=True, env=environment(home))


def rates(sim, home):
    """Fault 15: wraps, restarts and 64-bit counters under `trapline poll`; recordings without a network."""
    at = sim.device(f"device wrap {home}/a.snmprec live=1")
    run = trapline(home, "poll", at, "1.3.6.1.2.1.2.2.1.10.1", "1.3.6.1.2.1.2.2.1.10.2", "--json", "-i", "1", "--count", "6")
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    rated = [r for r in rows if r["rate"] is not None]
    ok(len(rows) == 12 and len(rated) == 10, "six rounds of two counters", run.stdout, run.stderr)
    ok([r["note"] for r in rated].count("wrapped") == 1, "the wrap is seen", *map(str, rows))
    ok(all(0 < r["rate"] < 5000 for r in rated), "no rate is negative or absurd over a wrap", *map(str, rows))
    ok(all(r["oid"].startswith("1.3.6.1.2.1.31.1.1.1.6.2") for r in rows[1::2]), "the 64-bit counter is taken", *map(str, rows))
    poll = trapline_start(home, "poll", at, "1.3.6.1.2.1.2.2.1.10.2", "--json", "-i", "1", "--count", "6")
    rows = [json.loads(poll.stdout.readline()) for _ in range(2)]
    sim.tell("reboot wrap")
    rows += [json.loads(line) for line in poll.stdout]
    poll.wait(60)
    ok([r["note"] for r in rows].count("the agent restarted") == 1 and all(0 < (r["rate"] or 1) < 5000 for r in rows),
       "a restart is told from a wrap", *map(str, rows))
    sim.tell("fault other delay=1300ms")
    run = trapline(home, "poll", sim.ready["other"], NAME, "-i", "1", "--count", "2", "-t", "10")
    ok("a round takes" in run.stderr, "a round that does not fit its period widens it, and says so", run.stderr)
    sim.tell("fault other none")
    kept = home + "/kept.snmprec"
    run = trapline(home, "record", sim.ready["d-plain"], kept)
    ok(run.returncode == 0 and os.path.exists(kept), "a device is recorded", run.stderr)
    here = [trapline(home, *words) for words in (("walk", sim.ready["d-plain"], "1.3.6", "--format=snmprec"), ("walk", kept, "1.3.6", "--format=snmprec"))]
    ok(here[0].stdout == here[1].stdout and here[0].stdout.count("\n") == 3, "and says the same offline", here[0].stdout, here[1].stdout)
    run = trapline(home, "set", kept, NAME + "=s:other", "--yes")
    ok(run.returncode != 0 and "read-only" in run.stderr, "a recording is not set", run.stderr)
    run = trapline(home, "get", home + "/none.snmprec", NAME)
    ok(run.returncode != 0 and "none.snmprec" in run.stderr, "one that is not there is named", run.stderr)


def scale(sim):
    """v3 at scale: a tenth silent, a tenth restarting; then churn with flat memory."""
    n = 3000 if LONG else 300
    at = sim.ready["scale-"]
    for i in range(1, n + 1, 10):
        sim.tell(f"fault scale-{i} silent=1")
    with Watch(f"{at}*{n}", options=[*V3, "-t", "2", "-r", "2"]) as w:
        counts = w.all()
        ok(counts.get("answered") == n - n // 10, f"{n} engines: all live ones answer", str(counts))
        print(f"# first round, keys made: {counts['seconds']} s, loop stall p99 {counts['stall_p99']} ms, longest {counts['stall_max']} ms")
        for round in range(20 if LONG else 3):
            for i in range(2, n + 1, 10):
                sim.tell(f"reboot scale-{i}")
            counts = w.all()
            if counts.get("answered") != n - n // 10:
                break
        ok(counts.get("answered") == n - n // 10, "and go on to while a tenth restarts each round", str(counts))
        print(f"# a round later: loop stall p99 {counts['stall_p99']} ms, longest {counts['stall_max']} ms")
        for i in range(1, n + 1, 10):
            sim.tell(f"fault scale-{i} none")
        for _ in range(3):
            w.tell("renew")
            w.all()
        before = w.heap()
        for _ in range(30 if LONG else 5):
            w.tell("renew")
            counts = w.all()
        grown = w.heap() - before
        ok(counts.get("answered") == n, "devices made anew answer", str(counts))
        print(f"# heap: {before} kB, then {grown} kB more")
        ok(grown < before / 50, "and memory is flat", f"{before} kB, then {grown} kB more")


def main():
    n = 3000 if LONG else 300
    with tempfile.TemporaryDirectory() as directory:
        path, plain = directory + "/a.snmprec", directory + "/plain.snmprec"
        with open(path, "w") as f:
            f.write(RECORDING)
        with open(plain, "w") as f:
            f.write("".join(line + "\n" for line in RECORDING.splitlines()[:3]))
        # The sets of many answer at consecutive addresses of one port.
        words = [USER, f"device d {path}", f"device twin {path}", f"device other {path}", f"device d-plain {plain}",
                 f"device silent {path} at=127.16.0.1 count=500", f"device many {path} at=127.17.0.1 count=200",
                 f"device scale {path} at=127.18.0.1 count={n}"]
        try:
            sim = Agents(f"{BUILD}/tests/sim/sim", *words, f"device six {path} at=[::1]")
        except SystemExit:
            sim = Agents(f"{BUILD}/tests/sim/sim", *words)
        for name in ("silent", "many", "scale"):
            sim.ready[name + "-"] = sim.ready[name]
        for part in (scale,) if LONG else (silent, changes, twins, strangers, mutants, order, numbers, churn, families, scale):
            print(f"# {part.__doc__.splitlines()[0]}", flush=True)
            part(sim)
        if not LONG:
            rates(sim, directory)
        else:
            churn(sim)
        sim.close()
    print(f"1..{count}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
