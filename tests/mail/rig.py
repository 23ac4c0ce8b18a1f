"""What the mail tests share: jobs, servers started and stopped, reports read, TAP printed."""
import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import threading

TOP = os.environ.get("top_srcdir") or os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("top_builddir") or os.path.join(TOP, "build")
HERE = os.path.join(TOP, "tests", "mail")
MAIL = os.environ.get("TRAPLINE_MAIL") or os.path.join(BUILD, "trapline-mail")
WORK = tempfile.mkdtemp(prefix="trapline-mail-")
CERTS = os.path.join(WORK, "certificates")
_started = []


@atexit.register
def _clean():
    for p in _started:
        if p.poll() is None:
            p.kill()
        p.wait()
    shutil.rmtree(WORK, ignore_errors=True)


def certificates():
    if not os.path.exists(CERTS + "/self.pem"):
        os.makedirs(CERTS, exist_ok=True)
        subprocess.run(["/bin/sh", HERE + "/certs.sh", CERTS], check=True)
    return CERTS


def start(argv, ready=b"ready", stderr=subprocess.DEVNULL):
    """A server that prints `ready PORT`; it ends with this process, whatever happens (its stdin closes)."""
    p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
    _started.append(p)
    line = p.stdout.readline()
    if not line.startswith(ready):
        raise RuntimeError("%s did not start: %r" % (argv, line))
    return p, int(line.split()[1])


def stop(p):
    if p.poll() is None:
        p.terminate()
    p.wait(10)


def secret_file(text, name="password"):
    path = os.path.join(WORK, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        f.write(text + "\n")
    return path


def field(name, value):
    if isinstance(value, str):
        value = value.encode()
    return b"%s %d\n%s\n" % (name.encode(), len(value), value)


def job(session, messages, secret=None):
    """session: dict or list of pairs; messages: lists of pairs; secret: list of pairs."""
    pairs = lambda x: x.items() if isinstance(x, dict) else x
    out = b"".join(field(k, str(v) if isinstance(v, int) else v) for k, v in pairs(session))
    for i, m in enumerate(messages):
        out += field("message", "m%d" % (i + 1))
        out += b"".join(field(k, str(v) if isinstance(v, int) else v) for k, v in pairs(m))
    out += field("go", "")
    out += b"".join(field(k, v) for k, v in pairs(secret or []))
    return out + field("end", "")


def message(to=("a@localhost",), **more):
    m = {"envelope": "noc@localhost", "from": "trapline <noc@localhost>", "subject": "link down",
         "message-id": "<1.test@localhost>", "date": 1795435200, "text": "hello\nsecond line\n"}
    m.update({k.replace("_", "-"): v for k, v in more.items()})
    return list(m.items()) + [("recipient", r) for r in to]


class Report:
    def __init__(self, run):
        self.status, self.err = run.returncode, run.stderr.decode(errors="replace")
        self.lines = [l.split("\t") for l in run.stdout.decode("ascii", "replace").splitlines()]
        self.verdicts = [(l[5], int(l[3]), l[6]) for l in self.lines if l[0] == "verdict"]
        self.classes = [(c, code) for c, code, _ in self.verdicts]
        self.session = next((l[1:] for l in self.lines if l[0] == "session"), None)
        self.cause = self.session[1] if self.session else None
        self.tls = self.session[2] if self.session else None
        self.text = self.session[3] if self.session else self.err
        self.steps = {l[1]: l[2] for l in self.lines if l[0] == "step"}
        self.talk = [l[2] + " " + l[3] for l in self.lines if l[0] == "talk"]


def deliver(octets, timeout=60, env=None):
    return Report(subprocess.run([MAIL], input=octets, capture_output=True, timeout=timeout, env=env))


class Tap:
    def __init__(self):
        self.n, self.bad, self.lock = 0, 0, threading.Lock()

    def ok(self, good, name, *detail):
        with self.lock:
            self.n += 1
            self.bad += not good
            print("%sok %d - %s" % ("" if good else "not ", self.n, name.replace("#", "\\#")))
            if not good:
                for d in detail:
                    for line in str(d).splitlines() or [""]:
                        print("# " + line)
            sys.stdout.flush()
        return good

    def same(self, got, want, name):
        return self.ok(got == want, name, "got  %r" % (got,), "want %r" % (want,))

    def skip(self, name, why):
        with self.lock:
            self.n += 1
            print("ok %d - %s # SKIP %s" % (self.n, name, why), flush=True)

    def done(self):
        print("1..%d" % self.n, flush=True)
        sys.exit(1 if self.bad else 0)
