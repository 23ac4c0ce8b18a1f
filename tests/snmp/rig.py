"""What the tests of the engine share: TAP, the simulator with devices added while it runs, ask's verb watch, trapline in a
home of its own."""
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sim"))
from corpus import Simulator  # noqa: E402

BUILD = os.environ.get("top_builddir", ".")
count, failed = 0, False
complaints = []
NAME = "1.3.6.1.2.1.1.5.0"
USER = "user u auth=SHA-256:auth-password priv=AES-128:priv-password"


def ok(condition, what, *detail):
    global count, failed
    count += 1
    failed |= not condition
    print(f"{'ok' if condition else 'not ok'} {count} - {what}", flush=True)
    if not condition:
        print("\n".join(f"# {d}" for d in detail), flush=True)


def end():
    """Whoever was run said nothing of its own accord, and ended well: sanitizers speak here, too."""
    ok(not complaints, "nobody wrote to standard error, and all ended well", *complaints)
    print(f"1..{count}")
    sys.exit(failed)


def no_stall(counts, when):
    """A key waits for what the loop does in one turn."""
    ok(counts["stall_p99"] < 20 and counts["stall_max"] < 50, f"the loop does not stall: {when}", str(counts))
    print(f"# loop stall p99 {counts['stall_p99']} ms, longest {counts['stall_max']} ms")


class Watch:
    """ask's verb watch, answered line by line."""

    def __init__(self, *addresses, options=(), descriptors=()):
        self.errors = tempfile.TemporaryFile("w+")
        self.run = subprocess.Popen([f"{BUILD}/tests/sim/ask", *options, "watch", *addresses], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, stderr=self.errors, text=True, pass_fds=descriptors)

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
        status = self.run.wait(60)
        self.errors.seek(0)
        said = self.errors.read()
        self.errors.close()
        if status != 0 or said:
            complaints.append(f"{self.run.args}: {status}: {said[:2000]}")


class Agents(Simulator):
    def device(self, command):
        """A device more; its address."""
        self.run.stdin.write(command + "\n")
        self.run.stdin.flush()
        at = self.run.stdout.readline().split()[2]
        self.run.stdout.readline()
        return at


def environment(home):
    return {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home + "/state", "XDG_CACHE_HOME": home + "/cache"}


def trapline(home, *words):
    return subprocess.run([f"{BUILD}/trapline", *words], capture_output=True, text=True, env=environment(home), timeout=120)


def trapline_start(home, *words, stderr=None):
    return subprocess.Popen([f"{BUILD}/trapline", *words], stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment(home))
