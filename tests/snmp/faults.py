#!/usr/bin/python3
"""What happens to devices, and what the engine must make of it: silence, restarts, clocks, passwords, forgeries,
mutants, churn, numbers. The agents are the simulator's. `long` does the scale with full counts, mutants for an hour
(or as many seconds as the next word says). Prints TAP."""
import os
import resource
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import BUILD, NAME, USER, Agents, Watch, end, no_stall, ok  # noqa: E402

LONG = "long" in sys.argv
MUTANT_SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3600
V3 = ["-v3", "-u", "u", "-a", "SHA-256", "-A", "auth-password", "-x", "AES-128", "-X", "priv-password"]
RECORDING = """1.3.6.1.2.1.1.1.0|4|an agent made for tests
1.3.6.1.2.1.1.3.0|67|4711
1.3.6.1.2.1.1.5.0|4|name
"""
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
        no_stall(counts, "500 silent devices")
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


MUTATIONS = ("none mutate=100", "none truncate=100", "none mutate=50 truncate=30 duplicate=20")


def mutants(sim):
    """Fault 7: answers cut and changed anywhere, v2c and v3."""
    at = sim.ready["many-"]
    for options in (["-v2c"], V3):
        with Watch(f"{at}*200", options=[*options, "-t", "0.2", "-r", "4"]) as w:
            sim.tell("fault many-* none")
            turns, good, until = 0, True, time.monotonic() + MUTANT_SECONDS / 2
            while good and (turns < 2 * len(MUTATIONS) or (LONG and time.monotonic() < until)):
                fault = MUTATIONS[turns % len(MUTATIONS)]
                sim.tell(f"fault many-* {fault}")
                counts, engine = w.all(), w.counters()
                good = counts.get("answered", 0) + counts.get("failed", 0) == 200
                turns += 1
                if turns == len(MUTATIONS):
                    malformed, heap = engine["malformed"], w.heap()
            title = f"({' '.join(options[:1])})"
            ok(good, f"mutants: each request completes once {title}", fault, str(counts))
            ok(engine["malformed"] > malformed > 0, f"and they are counted {title}", str(engine))
            sim.tell("fault many-* none")
            until = time.monotonic() + 90  # who has seen too many engine IDs, none of them right, waits a minute
            while (counts := w.all())["answered"] < 200 and time.monotonic() < until:
                time.sleep(0.5)
            ok(counts["answered"] == 200, f"and good answers are taken again {title}", str(counts))
            grown = w.heap() - heap
            ok(grown < 100, f"and no memory stays with them {title}", f"{heap} kB, then {grown} kB more")
            print(f"# {turns} turns, {engine['malformed']:.0f} malformed, heap {heap} kB, then {grown} kB more")


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
    """Fault 10: descriptors; names that do not resolve."""
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
    turns = 100000 if LONG else 300
    with Watch(sim.ready["d"], options=[*V3, "-t", "2", "-r", "0"]) as w:
        first = None
        line = ""
        sim.tell("clear d")
        for i in range(turns):
            sim.tell("engine d random")
            line = w.get()
            if i == 50:
                first = w.heap()
        grown = w.heap() - first
        ok("again and again" in line, "an engine ID that changes for ever is not followed for ever", line)
        asked = sim.stats("d")["requests"]
        ok(asked >= turns, f"each of {turns} was met by a request", str(asked))
        print(f"# heap: {first} kB, then {grown} kB more")
        ok(grown < 32, f"memory stays as it is over {turns} of them", f"grown by {grown} kB")


def impostors(sim):
    """Engine IDs that nobody proves, as anyone can send them: the one that was proven is taken at once, whatever came between."""
    sim.tell("engine d 80001f8804aabbccee")
    with Watch(sim.ready["d"], options=[*V3, "-t", "2", "-r", "0"]) as w:
        ok(w.get() == GOOD, "an engine is known, and proven")
        sim.tell(USER.replace("auth-password", "another-password"))
        for _ in range(12):
            sim.tell("engine d random")
            line = w.get()
        ok("again and again" in line, "others come, one after the other, and prove nothing", line)
        sim.tell(USER)
        sim.tell("engine d 80001f8804aabbccee")
        line = w.get()
        ok(line == GOOD, "the one that was proven is taken at once", line)


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


def scale(sim):
    """v3 at scale: a tenth silent, a tenth restarting; then churn with flat memory."""
    n = 3000 if LONG else 300
    live = n - n // 10
    at = sim.ready["scale-"]
    for i in range(1, n + 1, 10):
        sim.tell(f"fault scale-{i} silent=1")
    with Watch(f"{at}*{n}", options=[*V3, "-t", "1" if LONG else "0.5", "-r", "2"]) as w:
        counts = w.all()
        ok(counts.get("answered") == live and counts["tardy"] == 0,
           f"{n} engines: all live ones answer, before a silent one is given up", str(counts))
        no_stall(counts, f"{n} engines met for the first time")
        heap, worst, grown = None, counts, 0
        for round in range(60 if LONG else 4):  # a poll a minute, for an hour
            for i in range(2, n + 1, 10):
                sim.tell(f"reboot scale-{i}")
            counts = w.all()
            if counts.get("answered") != live or counts["tardy"] > 0:
                break
            worst = max(worst, counts, key=lambda c: (c["stall_p99"], c["stall_max"]))
            if round == (9 if LONG else 1):
                heap = w.heap()
        grown = w.heap() - (heap or 0)
        ok(counts.get("answered") == live and counts["tardy"] == 0, "and go on to while a tenth restarts each round", str(counts))
        no_stall(worst, "the worst of these rounds")
        ok(heap and grown < heap / 50, "and memory is flat", f"{heap} kB, then {grown} kB more")
        for i in range(1, n + 1, 10):
            sim.tell(f"fault scale-{i} none")
        for _ in range(3):
            w.tell("renew")
            w.all()
        before = w.heap()
        for _ in range(60 if LONG else 5):
            w.tell("renew")
            counts = w.all()
        grown = w.heap() - before
        ok(counts.get("answered") == n, "devices made anew answer", str(counts))
        print(f"# heap: {before} kB, then {grown} kB more")
        ok(grown < before / 50, "and memory is flat", f"{before} kB, then {grown} kB more")


def main():
    n = 3000 if LONG else 300
    with tempfile.TemporaryDirectory() as directory:
        path = directory + "/a.snmprec"
        with open(path, "w") as f:
            f.write(RECORDING)
        # The sets of many answer at consecutive addresses of one port.
        words = [USER, f"device d {path}", f"device twin {path}", f"device other {path}",
                 f"device silent {path} at=127.16.0.1 count=500", f"device many {path} at=127.17.0.1 count=200",
                 f"device scale {path} at=127.18.0.1 count={n}"]
        try:
            sim = Agents(f"{BUILD}/tests/sim/sim", *words, f"device six {path} at=[::1]")
        except SystemExit:
            sim = Agents(f"{BUILD}/tests/sim/sim", *words)
        for name in ("silent", "many", "scale"):
            sim.ready[name + "-"] = sim.ready[name]
        for part in (scale, mutants, churn) if LONG else (silent, changes, twins, strangers, mutants, order, numbers, churn, impostors, families, scale):
            print(f"# {part.__doc__.splitlines()[0]}", flush=True)
            part(sim)
        sim.close()
    end()


if __name__ == "__main__":
    main()
