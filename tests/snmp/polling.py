#!/usr/bin/python3
"""trapline poll: rates over wraps, restarts, resets and discontinuities (fault 15), and rounds that do not fit their
period; recordings as devices without a network. Prints TAP."""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import BUILD, NAME, Agents, end, ok, trapline, trapline_start  # noqa: E402

IN, WIDE_IN, DISCONTINUITY = "1.3.6.1.2.1.2.2.1.10", "1.3.6.1.2.1.31.1.1.1.6", "1.3.6.1.2.1.31.1.1.1.19"
RECORDING = f"""1.3.6.1.2.1.1.1.0|4|an agent made for tests
1.3.6.1.2.1.1.3.0|67|4711
{NAME}|4|name
{IN}.1|65:numeric|initial=4294966000,rate=500
{IN}.2|65:numeric|initial=1000,rate=500
{WIDE_IN}.2|70:numeric|initial=1000,rate=500
{DISCONTINUITY}.2|67|0
"""


class Poll:
    """trapline poll, a row read at a time."""

    def __init__(self, home, at, *names, count):
        self.run = trapline_start(home, "poll", at, *names, "--json", "-i", "1", "--count", str(count))
        self.rows = []

    def next(self, n):
        self.rows += [json.loads(self.run.stdout.readline()) for _ in range(n)]
        return self.rows[-1]

    def rest(self):
        self.rows += [json.loads(line) for line in self.run.stdout]
        self.run.wait(60)
        return self.rows


def sane(rows):
    return all(0 <= r["rate"] < 5000 for r in rows if r["rate"] is not None)


def wraps(sim, home):
    at = sim.device(f"device wrap {home}/a.snmprec live=1")
    poll = Poll(home, at, f"{IN}.1", f"{IN}.2", count=6)
    rows = poll.rest()
    rated = [r for r in rows if r["rate"] is not None]
    ok(len(rows) == 12 and len(rated) == 10, "six rounds of two counters", *map(str, rows))
    ok([r["note"] for r in rated].count("wrapped") == 1, "the wrap of 32 bits is seen", *map(str, rows))
    ok(sane(rows), "no rate is negative or absurd over a wrap", *map(str, rows))
    ok(all(r["oid"].startswith(WIDE_IN) for r in rows[1::2]), "the 64-bit counter is taken where there is one", *map(str, rows))


def breaks(sim, home):
    """What is no wrap: each is named, and has no rate."""
    at = sim.device(f"device break {home}/a.snmprec live=1")
    for title, note, commands in (
            ("a restart", "the agent restarted", ["reboot break"]),
            ("a discontinuity", "counter discontinuity", [f"value break {DISCONTINUITY}.2 67 4242"]),
            ("a 64-bit counter that goes back", "counter was reset", [f"value break {WIDE_IN}.2 70 17"])):
        poll = Poll(home, at, f"{IN}.2", count=5)
        poll.next(3)
        for command in commands:
            sim.tell(command)
        rows = poll.rest()
        told = [r["note"] for r in rows if r["note"]]
        ok(told == [note] and sane(rows) and all(r["rate"] is None for r in rows if r["note"]), f"{title} is told from a wrap",
           *map(str, rows))


def several(sim, home):
    """Many devices in one run, named or all that are configured; one that is silent takes nothing from the others."""
    at = [sim.device(f"device several{i} {home}/a.snmprec") for i in range(3)]
    sim.tell("fault several2 silent=1")
    run = trapline(home, "poll", ",".join(at), NAME, f"{IN}.2", "-i", "1", "--count", "2", "-t", "1", "-r", "0", "--json")
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    ok(all(sum(r["device"] == a for r in rows) == 4 for a in at[:2]) and len(rows) == 8, "several agents are polled at once", *map(str, rows))
    ok(run.returncode == 4 and at[2] in run.stderr, "and one that does not answer is named", str(run.returncode), run.stderr)
    os.makedirs(home + "/configured")
    with open(home + "/configured/trapline.conf", "w") as f:
        f.write('profile "p" { version = "2c" community = "public" }\n' +
                "".join(f'device "d{i}" {{ address = "{a}" profile = "p" }}\n' for i, a in enumerate(at[:2])))
    os.chmod(home + "/configured/trapline.conf", 0o600)
    run = trapline(home, "--config", home + "/configured", "poll", "*", NAME, "--count", "1", "--csv")
    ok(run.returncode == 0 and [line.split(",")[1] for line in run.stdout.splitlines()] in (["d0", "d1"], ["d1", "d0"]),
       "'*' is every configured device", run.stdout, run.stderr)
    os.mkfifo(home + "/said-later")
    with open(home + "/configured/trapline.conf", "a") as f:
        f.write(f'profile "later" {{ version = "2c" community-command = {{ "/bin/cat", "{home}/said-later" }} }}\n'
                f'device "late" {{ address = "{at[1]}" profile = "later" }}\n')
    run = trapline_start(home, "--config", home + "/configured", "poll", "d0,late", NAME, "--count", "1", "--json")
    rows = [run.stdout.readline()]
    with open(home + "/said-later", "w") as f:
        f.write("public\n")
    rows += run.stdout.readlines()
    ok(run.wait(60) == 0 and [json.loads(row)["device"] for row in rows if row] == ["d0", "late"],
       "who is found when the first is done already is polled, too", *rows)
    run = trapline(home, "poll", ",", NAME)
    ok(run.returncode == 2 and "say which agent" in run.stderr, "no agent is an error of usage", run.stderr)


def widening(sim, home):
    at = sim.device(f"device slow {home}/a.snmprec")
    sim.tell("fault slow delay=1300ms")
    run = trapline_start(home, "poll", at, NAME, "-i", "1", "--count", "4", "-t", "10", stderr=subprocess.PIPE)
    line = run.stderr.readline()
    ok("a round takes 1.3 s: read every 2.0 s, not every 1.0 s" in line, "a round that does not fit its period widens it, and says so", line)
    sim.tell("fault slow none")
    rest = run.communicate(timeout=60)[1]
    ok("rounds fit again: read every 1.0 s" in rest, "and narrows it again", rest)


def offline(sim, home):
    at, kept = sim.device(f"device plain {home}/plain.snmprec"), home + "/kept.snmprec"
    run = trapline(home, "record", at, kept)
    ok(run.returncode == 0 and os.path.exists(kept), "a device is recorded", run.stderr)
    here = [trapline(home, "walk", agent, "1.3.6", "--format=snmprec").stdout for agent in (at, kept)]
    ok(here[0] == here[1] and here[0].count("\n") == 3, "and says the same offline", *here)
    run = trapline(home, "set", kept, NAME + "=s:other", "--yes")
    ok(run.returncode != 0 and "read-only" in run.stderr, "a recording is not set", run.stderr)
    run = trapline(home, "get", home + "/none.snmprec", NAME)
    ok(run.returncode != 0 and "none.snmprec" in run.stderr, "one that is not there is named", run.stderr)


def small_buffer(sim, home):
    """The buffer that an ordinary user gets (net.core.rmem_max as Debian has it) holds a few hundred answers: no more are
    asked for at once, so that none is lost in the host and asked for again."""
    many = 5000
    at = sim.device(f"device many {home}/plain.snmprec at=127.60.0.1 count={many}")
    environment = dict(os.environ, LD_PRELOAD=f"{BUILD}/tests/intake/shim.so", TRAPLINE_SHIM_BUFFER="106496",
                       ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")
    run = subprocess.run([f"{BUILD}/tests/sim/ask", "poll", at, str(many), "1.3.6.1.2.1.1.3.0"], capture_output=True, text=True,
                         env=environment, timeout=120)
    sim.run.stdin.write("stats many-*\n")
    sim.run.stdin.flush()
    asked = 0
    for line in sim.run.stdout:
        asked += sum(int(word[9:]) for word in line.split() if word.startswith("requests="))
        if line.startswith(("ok", "error")):
            break
    ok(f"varbinds={many} failed=0" in run.stderr and asked == many, "nothing is lost in a small receive buffer", run.stderr, asked)


def main():
    with tempfile.TemporaryDirectory() as home:
        with open(home + "/a.snmprec", "w") as f:
            f.write(RECORDING)
        with open(home + "/plain.snmprec", "w") as f:
            f.write("".join(line + "\n" for line in RECORDING.splitlines()[:3]))
        sim = Agents(f"{BUILD}/tests/sim/sim")
        for part in (wraps, breaks, several, widening, offline, small_buffer):
            part(sim, home)
        sim.close()
    end()


if __name__ == "__main__":
    main()
