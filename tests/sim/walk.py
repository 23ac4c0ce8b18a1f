#!/usr/bin/python3
"""Walks and tables read from agents that are slow, lossy, short of room or wrong: what comes out is what a GETNEXT walk
gives, in order, or ends by the rule with what was right. The recordings are invented here: rows with holes, columns
that are missing, indexes of one to seven arcs, values of no octets and of thousands. Prints TAP."""
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from corpus import Simulator  # noqa: E402

BUILD = os.environ.get("top_builddir", ".")
ENTRY = (1, 3, 6, 1, 4, 1, 99999, 5, 1)
COLUMNS = 9
FAULTS = ["none", "delay=2ms jitter=2ms", "loss=5 delay=1ms", "loss=10 loss-in=5 reorder=10 duplicate=10 delay=1ms jitter=2ms", "max-size=4100",
          "max-size=60000", "too-big=4100 max-size=5000", "max-repetitions=3", "max-repetitions=1 delay=1ms", "bulk=fails", "serial=0.2ms queue=16 delay=1ms",
          "serial=1ms queue=4", "duplicate=50 reorder=50 reorder-by=3ms delay=1ms"]
GETNEXT = ["none", "loss=5 delay=1ms", "too-big=4100 max-size=5000"]  # also spoken as SNMPv1


def index(form, chance, i):
    if form == "dense":
        return (i + 1,)
    if form == "sparse":
        return (10101 + 3 * i + 500 * (i // 24),)
    if form == "address":
        return (1 + i // 40, 10, 0, i % 40 // 8, chance.randrange(256))
    if form == "mac":
        return tuple(chance.randrange(256) for _ in range(6))
    return (len(text := f"name{chance.randrange(10**6)}"), *text.encode())


def invent(form, rows, seed):
    chance, found = random.Random(seed), {}
    for i in range(1, 9):
        found[(1, 3, 6, 1, 2, 1, 1, i, 0)] = ("4", f"scalar {i}".encode().hex())
    indexes = sorted({index(form, chance, i) for i in range(rows)})
    for column in range(1, COLUMNS + 1):
        if column == (seed % 3) + 1 and seed % 2:  # a column that is not there, or not for long
            indexes_here = indexes[:len(indexes) // 3] if seed % 4 == 1 else []
        else:
            indexes_here = indexes
        for n, arcs in enumerate(indexes_here):
            if column > 4 and chance.random() < 0.1:
                continue
            if column == 5:
                size = 4000 if n % 50 == 7 else chance.randrange(0, 60)
                value = ("4", chance.randbytes(size).hex())
            elif column == 6:
                value = ("6", "1.3.6.1.4.1.99999." + str(chance.randrange(2**32)))
            else:
                value = ("2", str(chance.randrange(-2**31, 2**31)))
            found[(*ENTRY, column, *arcs)] = value
    if seed % 2 == 0:  # something behind the table, and the end of the MIB right behind it
        found[(1, 3, 6, 1, 6, 3, 1, 1, 6, 1, 0)] = ("2", "4711")
    return found


def line(name, value):
    tag, text = value
    return f"{'.'.join(map(str, name))}|{tag + ('x' if tag == '4' else '')}|{text}"


def lines_of(found):
    return [line(name, found[name]) for name in sorted(found)]


def rows_of(found):
    rows = {}
    for name, value in found.items():
        if name[:len(ENTRY)] == ENTRY:
            rows.setdefault(name[len(ENTRY) + 1:], {})[name[len(ENTRY)]] = value
    written = []
    for arcs in sorted(rows):
        cells = [rows[arcs].get(c) for c in range(1, COLUMNS + 1)]
        written.append(".".join(map(str, arcs)) + "".join("\t" + ("" if v is None else line((), v)) for v in cells))
    return written


class Check:
    def __init__(self):
        self.n = self.failed = 0

    def ok(self, good, title, why=""):
        self.n += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {title}", flush=True)
        if not good:
            print("# " + str(why)[:600].replace("\n", "\n# "))


def ask(*words):
    done = subprocess.run([f"{BUILD}/tests/sim/ask", "-t", "0.5", "-r", "40", *words], capture_output=True, timeout=300, encoding="latin-1")
    return done.stdout.splitlines(), done.stderr.strip()


def first_difference(want, got):
    for i in range(max(len(want), len(got))):
        a, b = (x[i][:150] if i < len(x) else "nothing" for x in (want, got))
        if a != b:
            return f"line {i + 1} of {len(want)} and {len(got)}: wanted {a}\ngot {b}"
    return ""


def set_fault(simulator, fault):
    """Answers have room for the largest value unless the fault says another size."""
    words = "" if fault == "none" else fault
    simulator.tell(f"fault d none {words}" + ("" if "max-size" in words else " max-size=4100"))


def compare(check, simulator, at, found, form, fault, version):
    why = []
    set_fault(simulator, fault)
    simulator.tell("clear d")
    got, end = ask("-v", version, "walk", at, "1.3.6.1")
    why.append(first_difference(lines_of(found), got) or ("" if "end=complete" in end and "note" not in end else end))
    got, end = ask("-v", version, "table", at, ".".join(map(str, ENTRY)), str(COLUMNS))
    why.append(first_difference(rows_of(found), got) or ("" if "end=complete" in end and "note" not in end else end))
    seen = simulator.stats("d")
    if "queue=16" in fault and seen["queue-drops"] * 8 > seen["requests"]:  # none, on a machine that is not busy
        why.append(f"the agent's queue overflowed: {seen}")
    check.ok(not any(why), f"{form}, v{version}, {fault}", "\n".join(w for w in why if w))


def endings(check, simulator, at, found):
    """What ends a walk early, and what is kept of it."""
    cells = [n for n in sorted(found) if n[:len(ENTRY)] == ENTRY]
    middle = cells[len(cells) // 2]
    text = ".".join(map(str, middle))
    before = [l for l, n in zip(lines_of(found), sorted(found)) if n <= middle]
    for fault in (f"stuck={text}", f"back={text}", f"stuck={text} delay=2ms loss=3"):
        set_fault(simulator, f"{fault}")
        got, end = ask("walk", at, "1.3.6.1")
        check.ok(got == before and "do not increase" in end, f"walk, {fault.split('=')[0]}: what came before it, and a note",
                 first_difference(before, got) + end)
    set_fault(simulator, f"endless={'.'.join(map(str, ENTRY))}.1")
    got, end = ask("-L", "20000", "walk", at, "1.3.6.1")
    check.ok(len(got) == 20000 and "stopped after 20000 values" in end, "a walk without end ends at its limit", end)
    got, end = ask("-L", "20000", "table", at, ".".join(map(str, ENTRY)), str(COLUMNS))
    check.ok("stopped after" in end and 0 < len(got) <= 20000, "a table without end ends at its limit", end)
    set_fault(simulator, "error=5")
    got, end = ask("walk", at, "1.3.6.1")
    check.ok(got == [] and "genErr(5)" in end, "an agent that answers genErr to everything", end)
    set_fault(simulator, f"end={text}")
    got, end = ask("walk", at, "1.3.6.1")
    check.ok(got == before and "end=complete" in end, "the MIB ends in the middle", first_difference(before, got) + end)
    set_fault(simulator, "none")
    got, end = ask("walk", at, text)
    check.ok(got == [line(middle, found[middle])], "a walk of one instance", end)
    got, end = ask("walk", at, "1.3.6.1.4.1.99998")
    check.ok(got == [] and "end=complete" in end, "a walk of nothing", end)
    set_fault(simulator, "bulk=silent")
    got, end = ask("-t", "1", "-r", "3", "walk", at, "1.3.6.1")
    check.ok(got == lines_of(found) and "end=complete" in end, "an agent that does not answer GETBULK", end)


VALUES = """2|0 2|-1 2|-2147483648 2|2147483647 4x| 4x|00 4x|41 4x|4122425c 4x|410a420d43094420 4x|e4f6fc 4x|7f 4x|1b5b33316d
4x|0001020304050607 4x|000102030405060708090a0b0c0d0e0f 4x|000102030405060708090a0b0c0d0e0f10 6|1.3 6|1.3.6.1.4.1.4294967295.0 6|0.0 6|2.999.3
64x|00000000 64x|c0000201 65|0 65|4294967295 66|4294967295 67|0 67|99 67|8639999 67|8640000 67|17280000 67|4294967295 70|0
70|18446744073709551615 68x|9f780442f6e979 68x|9f79083ff0000000000000 68x|9f7a020102 68x|9f7a01ff 68x|9f7b0105 68x|0401ff 68x| 5|""".split()


def formats(check, directory):
    """Values of every type as net-snmp's snmpwalk prints them, and as a recording that is served again."""
    path, again = os.path.join(directory, "values.snmprec"), os.path.join(directory, "again.snmprec")
    with open(path, "w") as out:
        out.write("".join(f"1.3.6.1.4.1.99999.7.{i}.0|{v}\n" for i, v in enumerate(VALUES)))
    places = {"SNMP_PERSISTENT_DIR": directory, "SNMPCONFPATH": directory, "MIBS": "", "TRAPLINE_STATE": directory,
              "TRAPLINE_CACHE": directory, "TRAPLINE_CONFIG": directory}
    printed = []
    for recording in (path, again):
        simulator = Simulator(f"{BUILD}/tests/sim/sim", f"device d {recording}")
        at = simulator.ready["d"]
        for words in ([f"{BUILD}/trapline", "walk", "--format=snmpwalk", "-v", "2c", at, "1.3.6.1"],
                      ["snmpwalk", "-v2c", "-cpublic", "-On", "-t5", at, "1.3.6.1"],
                      [f"{BUILD}/trapline", "walk", "--format=snmprec", "-v", "2c", at, "1.3.6.1"]):
            printed.append(subprocess.run(words, capture_output=True, timeout=60, env={**os.environ, **places}).stdout.decode("latin-1"))
        with open(again, "w") as out:
            out.write(printed[2])
        simulator.close()
    ours, theirs, record, ours_again, _, record_again = printed
    check.ok(len(ours) > 1000 and ours == theirs, "--format=snmpwalk is what snmpwalk prints",
             first_difference(theirs.splitlines(), ours.splitlines()))
    check.ok(record.count("\n") == len(VALUES) and (ours, record) == (ours_again, record_again),
             "--format=snmprec is a recording of the same", first_difference(ours.splitlines(), ours_again.splitlines()))


def memory(check, directory):
    """A million rows, and rows of sixty thousand octets: what is handed out is not kept. The limit is of address space, of which
    libraries take the half; a sanitizer takes all there is."""
    path = os.path.join(directory, "large.snmprec")
    base = ".".join(map(str, ENTRY))
    with open(path, "w") as out:
        out.writelines(f"{base}.{column}.{row}|4x|{'ab' * (60000 if column == 2 else 1)}\n" for column in (1, 2, 3) for row in range(1, 1001))
    with open(f"{BUILD}/tests/sim/ask", "rb") as program:
        limit = "" if b"__asan_init" in program.read() else "ulimit -v 120000; "
    simulator = Simulator(f"{BUILD}/tests/sim/sim", f"device d {path}")
    at = simulator.ready["d"]
    for title, fault, count, wanted in (("large rows", "max-size=65400 delay=2ms", 3000, "end=complete"),
                                        ("no end", f"max-size=65400 endless={base}.1", 1000000, "stopped after 1000000")):
        set_fault(simulator, fault)
        for words in (["walk", at, base], ["table", at, base, "3"]):
            done = subprocess.run(["sh", "-c", limit + 'exec "$@"', "sh", f"{BUILD}/tests/sim/ask", "-q", "-r", "20", "-L", "1000000", *words],
                                  capture_output=True, timeout=300, encoding="latin-1")
            check.ok(f"varbinds={count} " in done.stderr and wanted in done.stderr, f"{words[0]}: {count} values in little memory: {title}",
                     f"{done.returncode} {done.stderr}")
    simulator.close()


def main():
    check, short = Check(), "long" not in sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        os.environ["TMPDIR"] = directory
        for seed, form in enumerate(("dense", "sparse", "address", "mac", "name")):
            found = invent(form, 150 if short else 1200, seed)
            path = os.path.join(directory, "d.snmprec")
            with open(path, "w") as out:
                out.write("\n".join(lines_of(found)) + "\n")
            simulator = Simulator(f"{BUILD}/tests/sim/sim", f"device d {path}", "fault d max-size=4100")
            at = simulator.ready["d"]
            for fault in FAULTS:
                compare(check, simulator, at, found, form, fault, "2c")
            for fault in GETNEXT:
                compare(check, simulator, at, found, form, fault, "1")
            if form in ("dense", "address"):
                endings(check, simulator, at, found)
            simulator.close()
        formats(check, directory)
        memory(check, directory)
    print(f"1..{check.n}")
    sys.exit(check.failed > 0)


if __name__ == "__main__":
    main()
