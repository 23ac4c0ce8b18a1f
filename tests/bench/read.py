#!/usr/bin/python3
"""read.py BUILD [quick]: how fast a table is read and many devices are asked, beside net-snmp's tools and braa.

Everybody asks the same simulator in the same run. A figure is the median of several runs; what takes over ten seconds
runs once. Each line: seconds, CPU seconds of the asking program, requests the agent saw, how many times as fast our
engine was and how many times the CPU seconds were ours, and what we aim at. `quick` leaves out the long waits (80 ms,
and the tools that need minutes). An aim that was missed is said at the end, and in the exit status."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

COLUMNS, ROWS, ENTRY = 22, 1000, "1.3.6.1.2.1.2.2.1"
MANY = 50
CONCURRENT = f"{COLUMNS} columns, {ROWS} rows, 20 ms round trip"
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sim"))
sys.dont_write_bytecode = True
from corpus import Simulator  # noqa: E402


def measure(words, runs, count):
    """Median seconds and CPU seconds; `count` says how many values came, from standard output and error."""
    walls, cpus, values = [], [], None
    while len(walls) < runs:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            start = time.monotonic()
            child = subprocess.Popen(words, stdout=out, stderr=err)
            try:
                _, status, usage = os.wait4(child.pid, 0)
            except KeyboardInterrupt:
                child.kill()
                raise
            walls.append(time.monotonic() - start)
            cpus.append(usage.ru_utime + usage.ru_stime)
            out.seek(0)
            err.seek(0)
            values = count(out.read().decode("latin-1"), err.read().decode("latin-1"))
        if walls[-1] > 10:
            break
    return statistics.median(walls), statistics.median(cpus), values


def record(directory, rows):
    subprocess.run([sys.executable, os.path.join(HERE, "..", "sim", "recordings.py"), directory, "--rows", str(rows)], check=True)


def counted(_, err):
    for word in err.split():
        if word.startswith("varbinds="):
            return int(word[9:])
    return 0


def lines_of(out, _):
    return sum(line.startswith(".") for line in out.splitlines())


def cells_of(out, _):
    return sum(1 for line in out.splitlines()[3:] if line) * COLUMNS


def answering(title):
    """How many times as fast as each tool we want to be."""
    if "serial" in title:
        return {"snmpbulkwalk -Cr50": 3}
    return {"snmpbulkwalk": 150, "snmpbulkwalk -Cr50": 30} if title == CONCURRENT else {"snmpbulkwalk -Cr50": 1}


class Bench:
    def __init__(self, build, quick):
        self.build, self.quick, self.missed = build, quick, []
        self.ask = os.path.join(build, "tests/sim/ask")
        self.trapline = os.path.join(build, "trapline")

    def contenders(self, at):
        """(title, words, how values are counted); the first is ours."""
        tool = ["-v2c", "-c", "public", "-On", "-t", "1", "-r", "8"]
        found = [("trapline's engine", [self.ask, "-q", "table", at, ENTRY, str(COLUMNS)], counted),
                 ("its walk", [self.ask, "-q", "walk", at, "1.3.6.1.2.1.2.2"], counted)]
        if os.access(self.trapline, os.X_OK):
            found.append(("trapline table", [self.trapline, "table", "--csv", "-v", "2c", "-c", "public", at, "ifTable"],
                          lambda out, _: (len(out.splitlines()) - 1) * COLUMNS))
        found += [("snmpbulkwalk -Cr50", ["snmpbulkwalk", *tool, "-Cr50", at, "1.3.6.1.2.1.2.2"], lines_of),
                  ("snmpbulkwalk", ["snmpbulkwalk", *tool, at, "1.3.6.1.2.1.2.2"], lines_of),
                  ("snmptable", ["snmptable", "-v2c", "-c", "public", "-t", "1", "-r", "8", "-m", "IF-MIB", "-M",
                                 os.path.join(HERE, "..", "..", "mibs"), "-Cb", "-Cr", "50", at, "IF-MIB::ifTable"], cells_of)]
        return found

    def table(self, title, simulator, fault, slow):
        at, ours = simulator.ready["switch"], None
        print(f"\n{title}\n  {'':22} {'seconds':>9} {'CPU s':>7} {'requests':>9} {'values':>7} {'we are':>9} {'its CPU':>9}")
        for name, words, count in self.contenders(at):
            if self.quick and name in slow:
                continue
            simulator.tell("fault switch none " + fault)
            simulator.tell("clear switch")
            runs = 1 if name in slow else 5
            wall, cpu, values = measure(words, runs, count)
            seen = simulator.stats("switch")
            requests = seen["requests"] // (runs if wall <= 10 else 1)
            notes = self.compare(title, name, (wall, cpu), ours) if ours else f"{'':19}"
            ours = ours or (wall, cpu)
            if seen["queue-drops"]:
                notes += f"  {seen['queue-drops']} dropped in its queue"
            if "trapline" in name:
                self.expect(values == COLUMNS * ROWS, f"{title}: {name} read {values} values")
                self.expect(seen["queue-drops"] == 0, f"{title}: {name} overran the agent's queue")
            print(f"  {name:22} {wall:9.3f} {cpu:7.3f} {requests:9} {values:7} {notes}".rstrip(), flush=True)
        simulator.tell("fault switch none")

    def expect(self, met, what):
        if not met:
            self.missed.append(what)

    def compare(self, title, name, theirs, ours):
        ratio, aim = theirs[0] / ours[0], answering(title).get(name, 0)
        self.expect(ratio >= aim, f"{title}: {ratio:.1f} times {name}, not {aim}")
        return f"{ratio:8.1f}x {theirs[1] / max(ours[1], 0.001):8.1f}x" + (f"  aim: {aim}x" if aim else "")

    def tables(self, directory):
        long = {"snmpbulkwalk", "snmptable"}
        simulator = Simulator(os.path.join(self.build, "tests/sim/sim"), f"device switch {directory}/switch.snmprec")
        for ms in (0, 5, 20) if self.quick else (0, 5, 20, 80):
            self.table(f"{COLUMNS} columns, {ROWS} rows, {ms} ms round trip", simulator, f"delay={ms}ms",
                       long if ms >= 20 else set())
        for loss in (1, 5):
            self.table(f"{COLUMNS} columns, {ROWS} rows, 20 ms, {loss} % loss", simulator, f"delay=20ms loss={loss}", long)
        serial = "serial=2ms serial-each=0.1ms queue=16"
        self.table("a serial agent: 2 ms a request, 0.1 ms a varbind, queue of 16; 20 ms round trip", simulator,
                   "delay=20ms " + serial, long)
        self.table("the same without a round trip: its 2.2 s for the values are the floor", simulator, serial, long)
        simulator.close()

    def growth(self, directory, least=1000, most=16000):
        """What a value costs must not depend on how many there are."""
        print(f"\nCPU microseconds a value, 20 ms round trip\n  {'':22} {least:9} {most:7} rows")
        found = {}
        for rows in (least, most):
            place = os.path.join(directory, str(rows))
            os.mkdir(place)
            record(place, rows)
            simulator = Simulator(os.path.join(self.build, "tests/sim/sim"), f"device switch {place}/switch.snmprec", "fault switch delay=20ms")
            at = simulator.ready["switch"]
            for name, words in (("walk", [self.ask, "-q", "walk", at, "1.3.6.1.2.1.2.2"]), ("table", [self.ask, "-q", "table", at, ENTRY, str(COLUMNS)])):
                _, cpu, values = measure(words, 3, counted)
                self.expect(values == COLUMNS * rows, f"{name}: {rows} rows: {values} values")
                found.setdefault(name, []).append(1e6 * cpu / values)
            simulator.close()
        for name, (few, many) in found.items():
            print(f"  {name:22} {few:9.2f} {many:7.2f}  aim: no more than twice")
            self.expect(many <= 2 * few, f"{name}: {many:.2f} us a value of {most} rows, {few:.2f} of {least}")

    def poll(self, directory, count=10000):
        simulator = Simulator(os.path.join(self.build, "tests/sim/sim"),
                              f"device many {directory}/ups.snmprec at=127.30.0.1 count={count}")
        at = simulator.ready["many"]
        port = at.split(":")[1]
        last = 0x7f1e0001 + count - 1
        last = ".".join(str(last >> s & 255) for s in (24, 16, 8, 0))
        name = "1.3.6.1.2.1.1.3.0"
        print(f"\none object from {count} devices\n  {'':22} {'seconds':>9} {'CPU s':>7} {'values':>7} {'a second':>9}")
        contenders = {"trapline's engine": ([self.ask, "poll", at, str(count), name], counted),
                      "braa": (["braa", f"public@127.30.0.1-{last}:{port}:.{name}"], lambda out, _: sum(":" in line for line in out.splitlines()))}
        if shutil.which("braa") is None:
            self.expect(False, "braa is not installed (Debian's package braa): nothing to compare with")
            del contenders["braa"]
        taken = {title: [] for title in contenders}
        for _ in range(5):  # in turn, so that what else the machine does meets both
            for title, (words, counter) in contenders.items():
                taken[title].append(measure(words, 1, counter))
        rates = {}
        for title, runs in taken.items():
            wall, cpu, values = (statistics.median(figures) for figures in zip(*runs))
            rates[title] = values / wall
            print(f"  {title:22} {wall:9.3f} {cpu:7.3f} {values:7} {values / wall:9.0f}", flush=True)
        if len(rates) == 2:
            ratio = rates["trapline's engine"] / rates["braa"]
            print(f"  {ratio:.1f} times as many a second  aim: {MANY}x")
            self.expect(ratio >= MANY, f"{count} devices: {ratio:.1f} times braa, not {MANY}")
        simulator.close()


def main():
    build, quick = sys.argv[1], "quick" in sys.argv[2:]
    with tempfile.TemporaryDirectory() as directory:
        os.environ.update(SNMP_PERSISTENT_DIR=directory, SNMPCONFPATH=directory, MIBS="", TMPDIR=directory,
                          TRAPLINE_STATE=directory, TRAPLINE_CACHE=directory, TRAPLINE_CONFIG=directory)
        os.makedirs(os.path.join(directory, "cert_indexes"))
        record(directory, ROWS)
        bench = Bench(build, quick)
        bench.tables(directory)
        bench.growth(directory)
        bench.poll(directory)
    print("\n" + "\n".join(bench.missed or ["every aim is met"]))
    return bool(bench.missed)


if __name__ == "__main__":
    sys.exit(main())
