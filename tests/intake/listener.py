"""trapline-tls listen by itself: sockets and pairs as traplined gives them, sessions of trapline-tls ask and of Python's
TLS. What it hands over, what it refuses and why, and that what is half open is bounded."""
import ssl
import struct
import threading
import warnings
from collector import *
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from certificates import Certificates  # noqa: E402

warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.1

MESSAGE, SESSION, NO_CERTIFICATE, NO_SESSION, NEWS, HANG_UP = range(6)
HEAD = struct.Struct("QQIB32s3x128s")
PROGRAM = BUILD + "/trapline-tls"
home = tempfile.mkdtemp(prefix="trapline-listener-")
atexit.register(shutil.rmtree, home, True)
c = Certificates(home)
for name in ("collector", "sender", "other"):
    c.make(name, "IP:127.0.0.1")


def end_of(process):
    process.kill()
    process.wait()


class Listener:
    def __init__(self, *words):
        self.log = open(home + "/log", "w+")
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("0.0.0.0", 0))
        self.tcp.setblocking(False)
        self.tls, self.dtls = self.tcp.getsockname()[1], self.udp.getsockname()[1]
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2)]
        self.pairs = {"tls": pairs[0][0], "dtls": pairs[1][0]}
        for pair in self.pairs.values():
            pair.settimeout(20)
        given = [(self.log, 8), (self.tcp, 16), (pairs[0][1], 17), (self.udp, 18), (pairs[1][1], 19)]
        self.words = words or ("certificate=" + c.path("collector.crt"), "key=" + c.path("collector.key"))
        self.given = given
        self.start()

    def start(self):
        def give():
            fds = [os.dup2(one.fileno(), 100 + to, inheritable=True) for one, to in self.given]
            for fd in fds:
                os.dup2(fd, fd - 100, inheritable=True)
                os.close(fd)
        self.process = subprocess.Popen([PROGRAM, "listen", "2", *self.words], preexec_fn=give, close_fds=False)
        atexit.register(end_of, self.process)
        return self

    def read(self, kind):
        """What it hands over next: (what, octets, fingerprint, connection)."""
        octets = self.pairs[kind].recv(70000)
        connection, self.drops, self.lost, what, fingerprint, address = HEAD.unpack(octets[:HEAD.size])
        self.family, self.port = int.from_bytes(address[:2], "little"), int.from_bytes(address[2:4], "big")
        return what, octets[HEAD.size:], fingerprint, connection

    def answer(self, kind, connection, octets, what=MESSAGE):
        self.pairs[kind].send(HEAD.pack(connection, 0, 0, what, b"", b"") + octets)

    def quiet(self, kind):
        self.pairs[kind].settimeout(0.3)
        try:
            return self.read(kind)
        except OSError:
            return None
        finally:
            self.pairs[kind].settimeout(20)

    def said(self):
        with open(home + "/log") as f:
            return f.read()

    def memory(self):
        with open("/proc/%d/status" % self.process.pid) as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


class Ask:
    """A session of trapline-tls ask."""

    def __init__(self, kind, port, name="sender", fingerprint="collector", host="127.0.0.1"):
        self.pair, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pair.settimeout(20)
        words = ["certificate=" + c.path(name + ".crt"), "key=" + c.path(name + ".key"),
                 "fingerprint=" + c.fingerprint(fingerprint)]
        self.process = subprocess.Popen([PROGRAM, "ask", kind, host, str(port), *words], stdin=theirs)
        atexit.register(end_of, self.process)
        theirs.close()

    def read(self):
        return self.pair.recv(70000)

    def close(self):
        self.pair.close()
        self.process.wait(20)


def octets_of(name):
    return bytes.fromhex(c.fingerprint(name).replace(":", ""))


listener = Listener()
SMALL, LARGE = v2c(1), v2c(2, more=b"".join(varbind("1.3.6.1.4.1.9.%d" % i, tlv(4, b"x" * 1000)) for i in range(15)))
for kind, port in (("tls", listener.tls), ("dtls", listener.dtls)):
    ask = Ask(kind, port)
    equal(ask.read(), b"+", kind + ": a session")
    what, octets, fingerprint, connection = listener.read(kind)
    equal((what, octets, fingerprint), (SESSION, b"", octets_of("sender")), kind + ": is told, with its certificate")
    ok(listener.family == socket.AF_INET and listener.port > 0, kind + ": and where it comes from")
    for message in (SMALL, LARGE):
        ask.pair.send(message)
        equal(listener.read(kind), (MESSAGE, message, octets_of("sender"), connection),
              kind + ": a message of %d octets" % len(message))
        listener.answer(kind, connection, message)
        equal(ask.read(), message, kind + ": and its answer")
    other = Ask(kind, port, "other")
    equal(other.read(), b"+", kind + ": another session")
    second = listener.read(kind)
    ok(second[2] == octets_of("other") and second[3] != connection, kind + ": of another certificate, another number")
    listener.answer(kind, connection, SMALL)
    listener.answer(kind, second[3], LARGE)
    equal((ask.read(), other.read()), (SMALL, LARGE), kind + ": each gets its own answers")
    listener.answer(kind, 12345, SMALL)
    listener.answer(kind, second[3], b"", HANG_UP)
    ok(other.read().startswith(b"!"), kind + ": a stranger is hung up on")
    ask.pair.send(SMALL)
    equal(listener.read(kind)[1], SMALL, kind + ": and nobody else")
    ask.close()

ask = Ask("dtls", listener.dtls, host="127.0.0.9")
equal(ask.read(), b"+", "dtls: answers leave from the address that was asked")
connection = listener.read("dtls")[3]
listener.answer("dtls", connection, SMALL)
equal(ask.read(), SMALL, "dtls: those of a session, too")
ask.close()

# DTLS on a network that repeats, and from an address where somebody begins anew.


class Path:
    """Passes datagrams on from one port, whoever sends them; each as often as told."""

    def __init__(self, to):
        self.near, self.far, self.times, self.client, self.hellos = udp(), udp(), 1, None, []
        self.far.connect(("127.0.0.1", to))
        self.port = self.near.getsockname()[1]
        for one in (self.outward, self.homeward):
            threading.Thread(target=one, daemon=True).start()

    def outward(self):
        while True:
            octets, self.client = self.near.recvfrom(70000)
            if octets[0] == 22 and octets[13] == 1:
                self.hellos.append(octets)
            for _ in range(self.times):
                self.far.send(octets)

    def homeward(self):
        while True:
            octets = self.far.recv(70000)
            for _ in range(self.times):
                self.near.sendto(octets, self.client)


path = Path(listener.dtls)
path.times = 2
ask = Ask("dtls", path.port)
equal(ask.read(), b"+", "every datagram twice: a session")
connection = listener.read("dtls")[3]
ask.pair.send(SMALL)
equal(listener.read("dtls")[1], SMALL, "and a message")
equal(listener.quiet("dtls"), None, "which comes once")
path.far.send(path.hellos[-1])
ask.pair.send(LARGE)
equal(listener.read("dtls"), (MESSAGE, LARGE, octets_of("sender"), connection),
      "a late copy of its hello leaves the session alone")
path.times = 1
again = Ask("dtls", path.port, "other")
equal(again.read(), b"+", "another one from the same port: a session")
equal(listener.read("dtls")[2], octets_of("other"), "of its certificate")
again.pair.send(SMALL)
equal(listener.read("dtls")[:3], (MESSAGE, SMALL, octets_of("other")), "and a message")
ask.close()
again.close()

# Many records at once, and messages cut anywhere, by Python's TLS 1.2 and 1.3.
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    bare = context.wrap_socket(socket.create_connection(("127.0.0.1", listener.tls)), do_handshake_on_connect=False)
    try:
        bare.do_handshake()
        bare.recv(1)
    except OSError:
        pass
    equal(listener.read("tls")[:3], (NO_CERTIFICATE, b"", bytes(32)), "%s without a certificate" % version.name)
    context.load_cert_chain(c.path("sender.crt"), c.path("sender.key"))
    with context.wrap_socket(socket.create_connection(("127.0.0.1", listener.tls))) as s:
        equal(listener.read("tls")[0], SESSION, version.name)
        for octet in SMALL:
            s.sendall(bytes([octet]))
        s.sendall(LARGE * 3 + LARGE[:100])
        s.sendall(LARGE[100:])
        equal([listener.read("tls")[1] for _ in range(5)], [SMALL] + [LARGE] * 4, version.name + ": however it is cut")
        s.sendall(b"GET / HTTP/1.1\r\n\r\n")
        equal(listener.read("tls")[:2], (MESSAGE, b"GET / HTTP/1.1\r\n\r\n"), version.name + ": no message: handed over, once")
        try:
            ended = s.recv(1) == b""
        except OSError:
            ended = True
        ok(ended, version.name + ": and the end of it")

# What is no handshake.
for garbage in (SMALL, b"\0" * 100, bytes([22, 3, 1, 0, 5]) + b"\1\0\0\1\0"):
    with socket.create_connection(("127.0.0.1", listener.tls)) as s:
        s.sendall(garbage)
        equal(listener.read("tls")[0], NO_SESSION, "%d octets in the clear over TCP" % len(garbage))
mine = udp()
for garbage in (SMALL, b"", b"\x17\xfe\xfd" + b"\0" * 50):
    mine.sendto(garbage, ("127.0.0.1", listener.dtls))
    equal(listener.read("dtls")[:2], (NO_SESSION, garbage), "%d octets in the clear over UDP" % len(garbage))
old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
old.set_ciphers("DEFAULT:@SECLEVEL=0")
try:
    old.wrap_socket(socket.create_connection(("127.0.0.1", listener.tls)))
except OSError:
    pass
equal(listener.read("tls")[0], NO_SESSION, "TLS 1.1")
ok("no common version of TLS" in listener.said(), "which the log says", listener.said())
doubtful = Ask("dtls", listener.dtls, fingerprint="other")
ok(b"not the one that is expected" in doubtful.read(), "a sender that does not believe us")
equal(listener.read("dtls")[0], SESSION, "had begun a session")

# Hellos from everywhere keep nothing: no session, no memory. Of what is half open over TCP, the oldest goes.
body = b"\xfe\xfd" + b"r" * 32 + b"\0\0\0\2\xc0\x2f\1\0\0\x0b\0\x0a\0\4\0\2\0\x17" + bytes(3)
hello = b"\x16\xfe\xff" + bytes(8) + b"\0\x43" + b"\1\0\0\x37\0\0\0\0\0\0\0\x37" + body
before = listener.memory()
for i in range(20000):
    mine.sendto(hello, ("127.0.0.1", listener.dtls))
mine.settimeout(20)
equal(mine.recv(999)[13:14], b"\3", "a hello of DTLS is answered by a cookie")
held = []
for i in range(1500):
    s = socket.create_connection(("127.0.0.1", listener.tls))
    s.sendall(b"\x16\3\1\0\xc8\1")
    held.append(s)
    while len(held) > 400:
        held.pop(0).close()
ask = Ask("tls", listener.tls)
equal(ask.read(), b"+", "behind 1,500 handshakes that come to nothing there is room for one that does not")
gone = 0
while listener.read("tls")[0] != SESSION:
    gone += 1 + listener.lost
ok(gone + listener.lost >= 1100, "they are told of as they go, or counted", gone, listener.lost)
ok(SANITIZED or listener.memory() - before < 40000, "memory is bounded", before, listener.memory())
if not SANITIZED:
    print("# memory before and after the floods: %d KiB, %d KiB" % (before, listener.memory()))
with open("/proc/%d/status" % listener.process.pid) as f:
    status = f.read()
ok("NoNewPrivs:\t1" in status and "CapEff:\t0000000000000000" in status and (SANITIZED or "Seccomp:\t2" in status),
   "it is shut in")

# Who begins and says no more is not waited for.
with socket.create_connection(("127.0.0.1", listener.tls)) as s:
    equal((listener.read("tls")[0], s.recv(1)), (NO_SESSION, b""), "a handshake that is not gone on with ends")
ok("no TLS handshake in 10.0 s" in listener.said(), "which the log says")

# SIGTERM says goodbye; what it cannot read it says.
listener.process.terminate()
equal(listener.process.wait(20), 0, "SIGTERM ends it well")
ok(ask.read().startswith(b"!"), "and its sessions")
for words, wanted in ((("certificate=" + home + "/none",), "no certificate can be read"),
                      (("certificate=" + c.path("collector.crt"), "key=" + c.path("other.key")), "no private key of that"),
                      (("certificate=" + c.path("collector.crt"), "colour=red"), "is not understood")):
    bad = Listener(*words)
    equal(bad.process.wait(20), 1, "it ends: " + wanted)
    ok(wanted in bad.said(), "and says why", bad.said())
done()
