"""trapline traps FILTER over a large journal, for a person at a terminal: what it does is shown within a second and wiped at the
end, ^C ends it at once and says how far it came. What is no terminal, or --quiet, gets none of it."""
import pty, select
from collector import *

ROWS = 400000
directory = tempfile.mkdtemp(prefix="trapline-search-")
atexit.register(shutil.rmtree, directory, True)
store = directory + "/trapline.db"
subprocess.run([BUILD + "/tests/bench/fill", store, str(ROWS)], check=True, stdout=subprocess.DEVNULL)
environment = dict(os.environ, TRAPLINE_CONFIG=directory, TRAPLINE_STATE=directory, TRAPLINE_CACHE=directory, HOME=directory)
NOTHING = ["traps", "no-such-word-anywhere"]


class Terminal:
    """trapline with standard error, or all three, on a terminal."""

    def __init__(self, *words, whole=False):
        self.fd, theirs = pty.openpty()
        self.began, self.seen = time.monotonic(), ""
        self.process = subprocess.Popen([BUILD + "/trapline", "--store", "sqlite:" + store] + list(words), env=environment,
                                        stdin=theirs, stdout=theirs if whole else subprocess.PIPE, stderr=theirs, text=True,
                                        preexec_fn=os.setsid)
        os.close(theirs)

    def read(self, seconds=0.02):
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                self.seen += os.read(self.fd, 65536).decode()
            except OSError: # everybody has closed it
                return False
        return True

    def until(self, pattern, seconds=30):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.seen) and time.monotonic() < end and self.read():
            pass
        return re.search(pattern, self.seen)

    def end(self):
        while self.read(1 if self.process.poll() is not None else 0.02) and (self.process.poll() is None or
                                                                            select.select([self.fd], [], [], 0)[0]):
            pass
        return self.process.wait(60)


t = Terminal(*NOTHING)
found = t.until(r"\r(\d+) of %d rows, 0 found" % ROWS)
took = time.monotonic() - t.began
ok(found and took < 1 or SANITIZED, "a filter that finds nothing says how far it is: after %.2f s" % took, t.seen)
ok(t.until(r"\r\d+ of .*\r\d+ of "), "again and again", t.seen)
begun = time.monotonic()
t.process.send_signal(signal.SIGINT)
status = t.end()
ok(time.monotonic() - begun < 1, "^C ends it at once: %.2f s" % (time.monotonic() - begun))
equal(status, 4, "with the exit status of what is done in part")
ok(re.search(r"\r\x1b\[Ktrapline: traps: interrupted after \d+ of %d rows" % ROWS, t.seen), "and it says so", t.seen[-200:])

t = Terminal(*NOTHING)
equal(t.end(), 1, "nothing found: exit 1")
ok(t.seen.endswith("\r\x1b[K") and "\n" not in t.seen, "and the line is wiped", t.seen[-100:])

# Rows between: each on a line of its own.
t = Terminal("traps", "access-sw-17", whole=True)
status = t.end()
lines = t.seen.split("\r\n")[:-1]
wrong = [line for line in lines if not re.fullmatch(r"(?:(?:\r\d+ of \d+ rows, \d+ found)*\r\x1b\[K)?\d{4}-\d\d-\d\d [^\r\x1b]*", line)]
ok(status == 0 and len(lines) > 100 and "found\r\x1b[K2" in t.seen, "%d rows are found" % len(lines), status, t.seen[-300:])
ok(not wrong, "none is mixed up with it", wrong[:3])

t = Terminal("--quiet", *NOTHING)
equal((t.end(), t.seen), (1, ""), "--quiet: nothing of it")
result = subprocess.run([BUILD + "/trapline", "--store", "sqlite:" + store] + NOTHING, env=environment, capture_output=True, text=True,
                        timeout=120)
equal((result.returncode, result.stdout, result.stderr), (1, "", ""), "no terminal: nothing of it")
done()
