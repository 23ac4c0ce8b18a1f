#!/usr/bin/python3
"""Quirk profiles from the command line: learnt from a device, kept for the next run, shown, and changed by a person whose
word stands. Prints TAP."""
import json
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import BUILD, Agents, end, ok, trapline  # noqa: E402

TABLE, VALUES = "1.3.6.1.4.1.99999.1", 1500


def words_of(home, *agent):
    run = trapline(home, "quirks", *agent, "--json")
    return {line["address"]: line["quirks"].split() for line in map(json.loads, run.stdout.splitlines())}


def walk(home, at, *options):
    return trapline(home, "walk", at, TABLE, "--format=snmprec", *options)


def learn(sim, home, at):
    """What each fault leaves in the profile. The limit of an agent that counts is felt for, so it may be one more."""
    faults = {"max-repetitions=7": {"varbinds=7", "varbinds=8"}, "bulk=fails": {"no-bulk"}, "serial=4ms queue=16 max-size=484": {"serial"},
              "delay=600ms": {"slow"}, f"back={TABLE}.1.300": {"back"}}
    for fault, words in faults.items():
        trapline(home, "quirks", at, "forget")
        sim.tell(f"fault d none {fault}")
        run = walk(home, at, "-t", "5")
        learnt = words_of(home, at).get(at, [])
        ok(run.stdout and words & set(learnt), f"{fault.split('=')[0]} is learnt, and kept", " ".join(learnt), run.stderr)
    sim.tell("fault d none")


def spare(sim, home, at):
    """An agent that has become serial is met with a large window learnt before: its queue is not overrun."""
    for fault in ("delay=20ms", "delay=80ms", "delay=20ms jitter=2ms"):
        most = []
        for _ in range(3):
            trapline(home, "quirks", at, "forget")
            sim.tell("fault d none delay=10ms")
            walk(home, at)
            sim.tell(f"fault d none serial=2ms serial-each=0.1ms queue=16 {fault}")
            sim.tell("clear d")
            walk(home, at)
            seen = sim.stats("d")
            most.append((seen["queue-drops"], seen["most-queued"]))
        ok(not any(drops for drops, _ in most), f"serial, {fault}: nothing is dropped in a queue of 16", str(most))
    sim.tell("fault d none")


def edit(sim, home, at):
    trapline(home, "quirks", at, "forget")
    ok(words_of(home) == {}, "a profile is forgotten", str(words_of(home)))
    run = trapline(home, "quirks", at, "no-bulk", "window=3")
    shown = words_of(home, at).get(at)
    ok(run.returncode == 0 and sorted(shown) == ["no-bulk!", "window=3!"], "a person's words are kept as theirs", str(shown), run.stderr)
    sim.tell("clear d")
    sim.tell("fault d bulk=silent")
    run = walk(home, at)
    seen = sim.stats("d")
    sim.tell("fault d none")
    ok(run.stdout.count("\n") == VALUES and seen["requests"] == seen["answers"], "they are obeyed: no GETBULK is sent", str(seen), run.stderr)
    ok(set(words_of(home, at)[at]) >= {"no-bulk!", "window=3!"}, "and no walk changes them", str(words_of(home, at)))
    trapline(home, "quirks", at, "no-bulk=0")
    sim.tell("clear d")
    walk(home, at)
    seen = sim.stats("d")
    ok("no-bulk=0!" in words_of(home, at)[at] and seen["varbinds"] > 8 * seen["requests"], "NAME=0 says that it is not so", str(seen), str(words_of(home, at)))
    run = trapline(home, "quirks", at, "nonsense=1")
    ok(run.returncode != 0 and "nonsense=1" in run.stderr and "varbinds=N" in run.stderr, "what is no quirk is refused, with what there is", run.stderr)
    ok(at in trapline(home, "quirks").stdout, "all profiles are listed")
    os.mkdir(home + "/config")
    with open(home + "/config/trapline.conf", "w") as f:
        f.write(f'profile "p" {{ version = "2c" community = "public" }}\ndevice "sw" {{ address = "{at}" profile = "p" }}\n')
    os.chmod(home + "/config/trapline.conf", 0o600)
    run = trapline(home, "--config", home + "/config", "quirks", "sw")
    ok(at in run.stdout, "a device of the settings goes by its name", run.stdout, run.stderr)


def main():
    with tempfile.TemporaryDirectory() as home:
        with open(home + "/d.snmprec", "w") as f:
            f.write("".join(f"{TABLE}.1.{row}|2|{row}\n" for row in range(1, VALUES + 1)))
        sim = Agents(f"{BUILD}/tests/sim/sim", f"device d {home}/d.snmprec")
        for part in (learn, spare, edit):
            part(sim, home, sim.ready["d"])
        sim.close()
    end()


if __name__ == "__main__":
    main()
