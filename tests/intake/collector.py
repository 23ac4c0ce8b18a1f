"""What the tests of the collector share: a traplined of their own, real senders, the store read by Python's SQLite, and
TAP. Every wait is for a condition, with a deadline."""
import atexit, os, re, shutil, signal, socket, sqlite3, subprocess, sys, tempfile, time

BUILD = os.path.abspath(os.environ.get("top_builddir", "."))
SOURCE = os.environ.get("top_srcdir", ".")
SANITIZED = os.path.exists(BUILD + "/trapline-intake") and b"libasan" in open(BUILD + "/trapline-intake", "rb").read()
_count = 0
_failed = 0
_living = []
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"


def ok(good, what, *more):
    global _count, _failed
    _count += 1
    if not good:
        _failed += 1
    print(("ok" if good else "not ok"), _count, "-", what, flush=True)
    if not good:
        for line in more:
            print("#", line, flush=True)
    return good


def equal(got, wanted, what):
    return ok(got == wanted, what, "got    %r" % (got,), "wanted %r" % (wanted,))


def done():
    print("1..%d" % _count, flush=True)
    sys.exit(1 if _failed else 0)


def skip_all(why):
    print("1..0 # SKIP", why, flush=True)
    sys.exit(0)


def wait(condition, seconds=20, step=0.02):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(step)


def running(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def cpu_of(pid):
    """CPU seconds of a process."""
    with open("/proc/%d/stat" % pid) as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Collector:
    """A collector in a directory of its own. `config` is the text of trapline.conf besides `listen`."""

    def __init__(self, config="", listen=("udp:127.0.0.1:0",), arguments=(), environment=None, directory=None):
        self.directory = directory or tempfile.mkdtemp(prefix="trapline-intake-")
        self.made = directory is None
        self.conf = os.path.join(self.directory, "conf")
        self.state = os.path.join(self.directory, "state")
        os.makedirs(self.conf, exist_ok=True)
        self.arguments = list(arguments)
        self.listen = listen
        self.store = os.path.join(self.state, "trapline.db")
        self.environment = dict(os.environ, TRAPLINE_STATE=self.state, TRAPLINE_CACHE=self.directory + "/cache",
                                HOME=self.directory, **(environment or {}))
        self.configure(config)
        self.process = None
        _living.append(self)

    def configure(self, config):
        name = os.path.join(self.conf, "trapline.conf")
        with open(name, "w") as f:
            f.write("listen = { %s }\n%s\n" % (", ".join('"%s"' % a for a in self.listen), config))
        os.chmod(name, 0o600)

    def secret(self, name, text):
        path = os.path.join(self.conf, name)
        with open(path, "w") as f:
            f.write(text + "\n")
        os.chmod(path, 0o600)
        return path

    def admit_blast(self, engine, config=""):
        """Let blast's v3 user in, with the keys it has when it is not told others."""
        auth, priv = self.secret("auth", "authpassword"), self.secret("priv", "privpassword")
        self.configure('profile "blast" { version = "3" user = "blast" level = "authPriv" auth = "SHA-256"\n'
                       ' auth-password-file = "%s" priv = "AES-128" priv-password-file = "%s" }\n'
                       'sender "blast" { profile = "blast" engine-id = "0x%s" }\n%s' % (auth, priv, engine, config))

    def start(self, wait_ready=True, prefix=(), close_fds=True):
        self.process = subprocess.Popen(list(prefix) + [BUILD + "/traplined", "--config", self.conf] + self.arguments,
                                        env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, close_fds=close_fds)
        self.ports = []
        for _ in self.listen:
            line = self.process.stdout.readline()
            found = re.match(r"listening on .*:(\d+) \(", line)
            if not found:
                break
            self.ports.append(int(found.group(1)))
        if wait_ready and len(self.ports) < len(self.listen):
            raise SystemExit("the collector does not start: " + self.process.stderr.read())
        if wait_ready:
            self.wait_ready()
        return self

    def wait_ready(self):
        if not wait(lambda: self.pid("trapline-intake") and "intake runs" in self.log() and
                    os.path.exists(self.store) and self.rows("SELECT 1 FROM listener")):
            raise SystemExit("the collector does not come up:\n" + self.log())

    @property
    def port(self):
        return self.ports[0]

    def log(self):
        try:
            with open(os.path.join(self.state, "trapline.log"), errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def children(self):
        """name to pid, by what the kernel says."""
        found = {}
        try:
            with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as f:
                pids = [int(p) for p in f.read().split()]
        except OSError:
            return found
        for pid in pids:
            try:
                with open("/proc/%d/cmdline" % pid, "rb") as f:
                    words = f.read().split(b"\0")
            except OSError:
                continue
            if b"--writer" in words:
                found["writer"] = pid
            elif b"--streams" in words:
                found["streams"] = pid
            elif words and words[0].endswith(b"trapline-tls"):
                found["trapline-tls"] = pid
            elif words and words[0].endswith(b"trapline-intake"):
                found["trapline-intake"] = pid
        return found

    def pid(self, name):
        return self.children().get(name)

    def rows(self, sql, *parameters):
        try:
            db = sqlite3.connect("file:%s?mode=ro" % self.store, uri=True, timeout=5)
            try:
                return db.execute(sql, parameters).fetchall()
            finally:
                db.close()
        except sqlite3.Error:
            return []

    def count(self):
        got = self.rows("SELECT count(*) FROM notification")
        return got[0][0] if got else 0

    def ledger(self):
        names = ("received framed stored duplicate repeated dropped malformed protocol lost_overflow lost_restart "
                 "kernel_drops informs_answered").split()
        rows = self.rows("SELECT %s, rejected FROM ledger" % ", ".join(names))
        sums = {name: sum(row[i] for row in rows) for i, name in enumerate(names)}
        causes = [0] * 13
        for row in rows:
            blob = row[-1] or b""
            for i in range(min(len(causes), len(blob) // 8)):
                causes[i] += int.from_bytes(blob[8 * i:8 * i + 8], "little")
        sums["causes"] = causes
        sums["rejected"] = sum(causes)
        sums["waiting"] = sums["framed"] - sums["stored"] - sums["repeated"] - sums["dropped"]
        return sums

    def adds_up(self):
        l = self.ledger()
        return l["received"] == (l["stored"] + l["duplicate"] + l["repeated"] + l["dropped"] + l["malformed"] +
                                 l["protocol"] + l["rejected"] + l["waiting"] + l["lost_overflow"] +
                                 l["lost_restart"])

    def settled(self, received, seconds=20):
        """Wait until the ledger knows of that many datagrams and nothing waits."""
        return wait(lambda: self.ledger()["received"] >= received and self.ledger()["waiting"] == 0 and
                    self.adds_up(), seconds)

    def stop(self, number=signal.SIGTERM, seconds=20):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode if self.process else None

    def close(self):
        if self.process:
            living = list(self.children().values())
            self.stop()
            for pid in living:
                if running(pid):
                    os.kill(pid, signal.SIGKILL)
            self.process.stdout.close()
            self.process.stderr.close()
        self.process = None
        if self.made:
            shutil.rmtree(self.directory, ignore_errors=True)


    def look(self):
        """How it says it stands, by the file that holds its lock."""
        try:
            with open(os.path.join(self.state, "collector.lock")) as f:
                found = re.match(r"\d+\nwaiting (\d+)\nlost (\d+)\nrestarts (\d+) (\d+)\ntrouble (.*)", f.read())
        except OSError:
            found = None
        if not found:
            return {"waiting": 0, "lost": 0, "restarts": (0, 0), "trouble": ""}
        return {"waiting": int(found.group(1)), "lost": int(found.group(2)),
                "restarts": (int(found.group(3)), int(found.group(4))), "trouble": found.group(5).strip()}


class Shim:
    """A collector's disk and clock, by shim.c: before it is started."""

    def __init__(self, collector):
        self.path = os.path.join(collector.directory, "shim")
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        os.pwrite(self.file, bytes(32), 0)
        # The sanitizers' library wants to be first; ours gets on with it.
        collector.environment.update(
            TRAPLINE_SHIM=self.path, LD_PRELOAD=BUILD + "/tests/intake/shim.so",
            ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")

    def fail(self, error, calls):
        os.pwrite(self.file, error.to_bytes(4, "little") + calls.to_bytes(4, "little"), 0)

    def mend(self):
        self.fail(0, 0)

    def hits(self):
        return int.from_bytes(os.pread(self.file, 8, 8), "little")

    def synced(self):
        return int.from_bytes(os.pread(self.file, 8, 24), "little")

    def step(self, seconds):
        os.pwrite(self.file, seconds.to_bytes(8, "little", signed=True), 16)


@atexit.register
def _close_all():
    for collector in _living:
        try:
            collector.close()
        except Exception:
            pass


_home = tempfile.mkdtemp(prefix="trapline-sender-")
atexit.register(shutil.rmtree, _home, True)


def send(program, *arguments, timeout=20):
    """snmptrap or snmpinform, with nothing of the user's settings; a finished process."""
    environment = dict(os.environ, MIBS="", SNMPCONFPATH=_home, SNMP_PERSISTENT_DIR=_home, HOME=_home)
    return subprocess.run([program] + [str(a) for a in arguments], env=environment, capture_output=True, text=True,
                          timeout=timeout)


def words_of(text):
    return dict(word.split("=", 1) for word in text.split())


def blast(mode, port, background=False, timeout=120, **words):
    """tests/intake/blast; what it printed as words, or the running process."""
    command = [BUILD + "/tests/intake/blast", mode, "127.0.0.1:%d" % port] + ["%s=%s" % w for w in words.items()]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    if background:
        atexit.register(process.kill)
        return process
    return words_of(process.communicate(timeout=timeout)[0])


# A little BER, for what real senders do not send.

def tlv(tag, content):
    n = len(content)
    if n < 128:
        return bytes([tag, n]) + content
    size = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + n.to_bytes(size, "big") + content


def integer(n, tag=2):
    return tlv(tag, n.to_bytes(max(1, (n.bit_length() + 8) // 8), "big", signed=True))


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        part = [arc & 127]
        while arc > 127:
            arc >>= 7
            part.insert(0, 128 | (arc & 127))
        out += bytes(part)
    return tlv(6, out)


def varbind(name, value):
    return tlv(0x30, oid(name) + value)


def pdu_of(request_id, tag, name, more, uptime):
    list_ = tlv(0x30, varbind("1.3.6.1.2.1.1.3.0", integer(uptime, 0x43)) +
                varbind("1.3.6.1.6.3.1.1.4.1.0", oid(name)) + more)
    return tlv(tag, integer(request_id) + integer(0) + integer(0) + list_)


def v2c(request_id=1, community=b"public", tag=0xa7, name=LINK_DOWN, more=b"", uptime=99):
    return tlv(0x30, integer(1) + tlv(4, community) + pdu_of(request_id, tag, name, more, uptime))


def tsm(request_id=1, tag=0xa7, name=LINK_DOWN, more=b"", uptime=99, model=4, flags=3, security=b"", context=b""):
    """A message under the Transport Security Model."""
    head = tlv(0x30, integer(request_id) + integer(65507) + tlv(4, bytes([flags])) + integer(model))
    scoped = tlv(0x30, tlv(4, bytes(8)) + tlv(4, context) + pdu_of(request_id, tag, name, more, uptime))
    return tlv(0x30, integer(3) + head + tlv(4, security) + scoped)


# One value of each kind: as the senders' arguments, and as BER.
VALUES = ["1.3.6.1.2.1.2.2.1.1.3", "i", "-7", "1.3.6.1.2.1.2.2.1.2.3", "s", "eth3", "1.3.6.1.2.1.2.2.1.10.3", "c",
          "4294967295", "1.3.6.1.2.1.1.2.0", "o", "1.3.6.1.4.1.9.4294967295", "1.3.6.1.4.1.1.5.0", "a", "192.0.2.9",
          "1.3.6.1.4.1.1.6.0", "t", "12345", "1.3.6.1.4.1.1.7.0", "C", "18446744073709551615", "1.3.6.1.4.1.1.8.0",
          "F", "1.5"]
BER = (varbind("1.3.6.1.2.1.2.2.1.1.3", integer(-7)) + varbind("1.3.6.1.2.1.2.2.1.2.3", tlv(4, b"eth3")) +
       varbind("1.3.6.1.2.1.2.2.1.10.3", integer(4294967295, 0x41)) +
       varbind("1.3.6.1.2.1.1.2.0", oid("1.3.6.1.4.1.9.4294967295")) +
       varbind("1.3.6.1.4.1.1.5.0", tlv(0x40, bytes([192, 0, 2, 9]))) +
       varbind("1.3.6.1.4.1.1.6.0", integer(12345, 0x43)) +
       varbind("1.3.6.1.4.1.1.7.0", integer(18446744073709551615, 0x46)) +
       varbind("1.3.6.1.4.1.1.8.0", tlv(0x44, b"\x9f\x78\x04\x3f\xc0\x00\x00")))


def udp(family=socket.AF_INET):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
    atexit.register(s.close)
    return s
