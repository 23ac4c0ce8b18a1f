"""Notifications over TLS and DTLS (RFC 6353): net-snmp's own senders and ours, every field as sent; who is turned away and
why, and is let in; informs answered once they are committed, whoever is killed meanwhile.

Debian's net-snmp 5.9.3 speaks DTLS 1.2 over UDP, but over TCP nothing but TLS 1.0, and that only with ciphers below OpenSSL's
own floor: the last collector here allows that."""
import random
import ssl
import threading
from collector import *
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from certificates import Certificates  # noqa: E402
from snmpd import Snmpd  # noqa: E402

NOT_US, VERSION, NO_CERTIFICATE, CERTIFICATE, SESSION = range(8, 13)
KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 30
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
random.seed(SEED)
home = tempfile.mkdtemp(prefix="trapline-tls-")
atexit.register(shutil.rmtree, home, True)
c = Certificates(home + "/certificates")
for certificate in ("collector", "renewed", "sender", "stranger"):
    c.make(certificate, "IP:127.0.0.1")
for folder in ("certs", "private"):
    os.makedirs(home + "/net/tls/" + folder)
for certificate in ("collector", "sender", "stranger"):
    os.symlink(c.path(certificate + ".crt"), "%s/net/tls/certs/%s.crt" % (home, certificate))
    os.symlink(c.path(certificate + ".key"), "%s/net/tls/private/%s.key" % (home, certificate))
with open(home + "/net/snmp.conf", "w") as f:
    f.write("tlsAlgorithms DEFAULT:@SECLEVEL=0\n")


def settings(name="collector", more=""):
    return ('tls-certificate = "%s"\ntls-key = "%s"\n%s' % (c.path(name + ".crt"), c.path(name + ".key"), more) +
            'sender "core-sw" { tls-fingerprint = "%s" source = { "127.0.0.1", "::1" } }\n' % c.fingerprint("sender"))


def net(program, target, who="sender", tail=("4711", LINK_DOWN), more=()):
    words = ["-v", "3", "-l", "authPriv", "-T", "our_identity=" + who, "-T", "their_identity=collector", "-t", "3", "-r", "1"]
    environment = dict(os.environ, MIBS="", SNMPCONFPATH=home + "/net", SNMP_PERSISTENT_DIR=home + "/net", HOME=home + "/net")
    return subprocess.run([program, *words, *more, target, *tail], env=environment, capture_output=True, text=True, timeout=60)


def ours(target, *words, who="sender"):
    return subprocess.run([BUILD + "/trapline", "send-trap", "--config", collector.conf, "-v3", "--tls-certificate",
                           c.path(who + ".crt"), "--tls-key", c.path(who + ".key"), "--tls-fingerprint",
                           c.fingerprint("collector"), target, *words], env=collector.environment, capture_output=True,
                          text=True, timeout=60)


def session(who="sender", version=None):
    """A session of Python's TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version:
        context.maximum_version = version
    if who:
        context.load_cert_chain(c.path(who + ".crt"), c.path(who + ".key"))
    s = context.wrap_socket(socket.create_connection(("127.0.0.1", collector.ports[1]), 20))
    s.settimeout(20)
    return s


def receive(s, n):
    octets = b""
    try:
        while len(octets) < n:
            more = s.recv(n - len(octets))
            if not more:
                break
            octets += more
    except OSError:
        pass
    return octets


def asked(number):
    return tsm(number, tag=0xa6, flags=7)


def answer(number):
    """Nothing but the PDU's tag and the flags differ."""
    return tsm(number, tag=0xa2, flags=3)


def newest():
    names = "version inform severity why source origin security context name uptime pdu".split()
    rows = collector.rows("SELECT %s FROM notification ORDER BY id DESC LIMIT 1" % ", ".join(names))
    return dict(zip(names, rows[0])) if rows else {}


def arrives(what, send_it, **wanted):
    before = collector.count()
    result = send_it()
    if not ok(wait(lambda: collector.count() == before + 1, 10), what + " arrives", result.stderr, collector.log()[-1500:]):
        return
    row = newest()
    equal(result.returncode, 0, what + (" is answered" if wanted.get("inform") else " is sent"))
    wrong = ["%s: got %r, wanted %r" % (k, row.get(k), v) for k, v in wanted.items() if k != "has" and row.get(k) != v]
    if wanted["has"] not in row["pdu"]:
        wrong.append("varbinds differ: " + row["pdu"].hex())
    ok(not wrong, what + " as sent", *wrong)


def causes():
    return collector.ledger()["causes"]


# Every field, both ways, by each sender that there is.
collector = Collector(listen=("udp:127.0.0.1:0", "tls:127.0.0.1:0", "dtls:127.0.0.1:0", "tls6:[::1]:0", "dtls6:[::1]:0"),
                      arguments=["--longest-gap", "100"])
collector.configure(settings())
collector.start()
ok(wait(lambda: "tls runs: 4 listeners" in collector.log()), "the part for TLS runs", collector.log())
addresses = {"tls": "tls:127.0.0.1:%d", "dtls": "dtls:127.0.0.1:%d", "tls6": "tls6:[::1]:%d", "dtls6": "dtls6:[::1]:%d"}
addresses = {name: text % port for (name, text), port in zip(addresses.items(), collector.ports[1:])}
common = dict(version=3, severity=5, why="standard: linkDown", security="core-sw", name=oid(LINK_DOWN)[2:], uptime=4711)
tail = ["4711", LINK_DOWN] + VALUES
for inform in (0, 1):
    program = "snmpinform" if inform else "snmptrap"
    arrives(program + " over dtlsudp", lambda: net(program, addresses["dtls"].replace("dtls", "dtlsudp"), tail=tail, more=["-n", "ctx"]),
            inform=inform, has=BER, context="ctx", origin="127.0.0.1", **common)
    for name, address in addresses.items():
        words = ["--inform"] * inform + ["--uptime", "4711", "-n", "ctx", address, LINK_DOWN, "1.3.6.1.2.1.2.2.1.1.3=7"]
        arrives("send-trap %s over %s" % ("inform" if inform else "trap", name), lambda: ours(*words),
                inform=inform, has=varbind("1.3.6.1.2.1.2.2.1.1.3", integer(7)), context="ctx",
                origin="::1" if name.endswith("6") else "127.0.0.1", **common)
agent = Snmpd(lines=["[snmp] tlsAlgorithms DEFAULT:@SECLEVEL=0", "trapsess -v 3 -l authPriv -T our_identity=sender -T their_identity=collector "
                     + addresses["dtls"].replace("dtls", "dtlsudp")])
shutil.copytree(home + "/net/tls", agent.directory + "/tls", symlinks=True)
with agent:
    cold = oid("1.3.6.1.6.3.1.1.5.1")[2:]
    ok(wait(lambda: collector.rows("SELECT 1 FROM notification WHERE name=? AND security='core-sw'", cold)),
       "a real agent tells over DTLS that it has started", collector.log()[-1500:], collector.ledger())
ok(wait(lambda: collector.ledger()["informs_answered"] == 5), "five informs are answered", collector.ledger())
equal(causes(), [0] * 13, "nobody was turned away")
ok(collector.ledger()["protocol"] >= 5, "who asks which engine we are is told, and is protocol")
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    with session(version=version) as s:
        number = 100 + version
        s.sendall(b"".join(tsm(1000 + i) for i in range(500)) + asked(number))
        equal(receive(s, len(asked(number))), answer(number), "%s: five hundred traps and an inform at once" % s.version())
        before = collector.count()
        s.sendall(asked(number))
        equal(receive(s, len(asked(number))), answer(number), "a copy is answered")
        equal(collector.count(), before, "and no new event")

# An inform is answered once it is committed.
import_lock = sqlite3.connect(collector.store, isolation_level=None)
import_lock.execute("BEGIN EXCLUSIVE")
with session() as s:
    s.sendall(asked(7))
    ok(wait(lambda: collector.look()["waiting"] == 1), "while the store is locked an inform waits", collector.look())
    s.settimeout(0.3)
    equal(receive(s, 1), b"", "and is not answered")
    import_lock.execute("ROLLBACK")
    s.settimeout(20)
    equal(receive(s, len(asked(7))), answer(7), "when it is committed it is")

# Who is turned away, why, and what he said in the clear.


def settle():
    """What came before has been counted when this has."""
    malformed = collector.ledger()["malformed"]
    udp().sendto(b"\x30\0", ("127.0.0.1", collector.port))
    wait(lambda: collector.ledger()["malformed"] > malformed and collector.adds_up())


def turned_away(what, cause, act, security="", beside=()):
    settle()
    before, stored = causes(), collector.count()
    act()
    settle()
    ok(wait(lambda: causes()[cause] > before[cause]), what + " is counted", before, causes())
    now = causes()
    equal([n for i, n in enumerate(now) if i not in (cause, *beside)],
          [n for i, n in enumerate(before) if i not in (cause, *beside)], what + ": by its cause alone")
    equal(collector.count(), stored, what + ": not stored")
    ok(wait(lambda: collector.rows("SELECT 1 FROM rejected_sender WHERE cause=? AND security=? AND source='127.0.0.1'", cause, security)),
       what + ": its sender is a row", collector.rows("SELECT * FROM rejected_sender"))


def say(octets, who="sender"):
    """What comes back."""
    try:
        with session(who) as s:
            s.sendall(octets)
            s.settimeout(0.5)
            return receive(s, 1)
    except OSError:
        return b""


def in_the_clear(octets, stream):
    with socket.create_connection(("127.0.0.1", collector.ports[1])) if stream else udp() as s:
        if stream:
            s.sendall(octets)
            s.settimeout(20)
            receive(s, 99)
        else:
            s.sendto(octets, ("127.0.0.1", collector.ports[2]))


INFORM, stranger = asked(9), c.fingerprint("stranger").replace(":", "").lower()
turned_away("TLS without a certificate", NO_CERTIFICATE, lambda: say(INFORM, None))
turned_away("another certificate", CERTIFICATE, lambda: say(INFORM, "stranger"), security=stranger)
turned_away("another certificate, by snmpinform over DTLS", CERTIFICATE,
            lambda: net("snmpinform", "dtlsudp:127.0.0.1:%d" % collector.ports[2], "stranger"), security=stranger,
            beside=[SESSION])  # it does not hear that we hung up
turned_away("another certificate, by send-trap over TLS", CERTIFICATE, lambda: ok(
    ours(addresses["tls"], "--inform", "-t", "1", "-r", "1", LINK_DOWN, who="stranger").returncode != 0, "which is told so"), stranger)
for what, message in (("v2c within TLS", v2c(9, tag=0xa6, community=b"not-to-be-kept")), ("the USM within TLS", tsm(
        9, tag=0xa6, model=3, security=tlv(0x30, tlv(4, b"x") + integer(1) + integer(1) + tlv(4, b"u") + tlv(4, b"") * 2)))):
    turned_away(what, VERSION, lambda: say(message), security="core-sw")
turned_away("a GET", NOT_US, lambda: say(tsm(9, tag=0xa0)), security="core-sw")
turned_away("the TSM over UDP", VERSION, lambda: udp().sendto(tsm(9), ("127.0.0.1", collector.port)))
turned_away("v2c in the clear to the port of TLS", SESSION, lambda: in_the_clear(v2c(9, community=b"not-to-be-kept"), True))
turned_away("v2c in the clear to the port of DTLS", SESSION, lambda: in_the_clear(v2c(9, community=b"not-to-be-kept"), False))
settle()
malformed = collector.ledger()["malformed"]
broken = [tsm(9, security=b"x"), tsm(9, flags=2), tlv(0x30, tsm(9)[2:-3]), tlv(0x30, integer(3) + tlv(0x30, b"")), b"GET / HTTP/1.0\r\n\r\n"]
for octets in broken:
    equal(say(octets), b"", "%r… is not answered" % octets[:12])
ok(wait(lambda: collector.ledger()["malformed"] == malformed + len(broken)), "and is counted as malformed", collector.ledger())
ok(wait(collector.adds_up), "the ledger adds up", collector.ledger())
with open(collector.store, "rb") as f, open(collector.store + "-wal", "rb") as wal:
    ok(b"not-to-be-kept" not in f.read() + wal.read(), "no community is kept")


def senders(*words):
    return subprocess.run([BUILD + "/trapline", "senders", *words, "--config", collector.conf], env=collector.environment,
                          capture_output=True, text=True, timeout=60)


listed = senders("list").stdout
row = next((line for line in listed.splitlines() if "certificate unknown" in line), "0")
ok("certificate " + stranger in row, "trapline senders list shows the certificate", listed)
equal(senders("admit", row.split()[0], "--name", "edge").stdout, "edge\n", "and one step lets it in")
ok(wait(lambda: net("snmpinform", "dtlsudp:127.0.0.1:%d" % collector.ports[2], "stranger").returncode == 0, 60), "its informs are answered",
   collector.log()[-1000:])
equal(newest()["security"], "edge", "by the name that it was given")
ok("certificate " + stranger in senders("list").stdout, "it stands among those who were let in")
equal(senders("forget", "edge").returncode, 0, "and is forgotten")
ok(wait(lambda: say(INFORM, "stranger") == b"" and "edge" not in senders("list").stdout), "then it is turned away again")

# Strangers in numbers: handshakes that go no further, garbage on both ports, while a sender begins a session for each inform.
flooding, sent = threading.Event(), [0, 0]


def begin_and_stop():
    held = []
    while not flooding.is_set():
        s = socket.create_connection(("127.0.0.1", collector.ports[1]), 20)
        s.sendall(b"\x16\3\1\0\xc8\1")
        held.append(s)
        sent[0] += 1
        if len(held) > 400:
            held.pop(0).close()
    for s in held:
        s.close()


def throw():
    s = udp()
    while not flooding.is_set():
        for octets in (v2c(9), b"\x17\xfe\xfd" + bytes(60), b"\x16\xfe\xfd" + bytes(10) + b"\1" + bytes(60)):
            s.sendto(octets, ("127.0.0.1", collector.ports[2]))
            sent[1] += 1


def memory():
    with open("/proc/%d/status" % collector.pid("trapline-tls")) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


before = memory()
threads = [threading.Thread(target=one) for one in (begin_and_stop, throw)]
for thread in threads:
    thread.start()
good, number = 0, 0
while number < 30 or sent[0] < 1500:
    number += 1
    try:
        with session() as s:
            s.sendall(asked(2000 + number))
            good += receive(s, len(asked(2000 + number))) == answer(2000 + number)
    except OSError as e:
        print("#", e)
flooding.set()
for thread in threads:
    thread.join()
equal(good, number, "each of %d informs is acknowledged while %d handshakes stop and %d datagrams are thrown" % (number, *sent))
ok(SANITIZED or memory() - before < 50000, "in bounded memory: %d KiB before, %d after" % (before, memory()))
settle()
ok(wait(collector.adds_up), "the ledger adds up", collector.ledger())
# Those that were lost for want of room are among the received, as lost.
ledger = collector.ledger()
ok(ledger["causes"][SESSION] + ledger["lost_overflow"] > 1000, "and knows of the strangers", ledger)

# kill -9 of each part that has a hand in it, under load: what was answered is stored, nothing twice.
answered, stopping, next_id = [], threading.Event(), [1 << 24]
lock = threading.Lock()


def by_tls(inform, state):
    s = state.get("session") or session()
    state["session"] = s
    s.settimeout(1)
    s.sendall(inform)
    return receive(s, len(inform))


def by_dtls(inform, state):
    if "pair" not in state:
        state["pair"], theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        words = ["certificate=" + c.path("sender.crt"), "key=" + c.path("sender.key"), "fingerprint=" + c.fingerprint("collector")]
        state["ask"] = subprocess.Popen([BUILD + "/trapline-tls", "ask", "dtls", "127.0.0.1", str(collector.ports[2]), *words],
                                        stdin=theirs)
        theirs.close()
        state["pair"].settimeout(2)
        if state["pair"].recv(9999) != b"+":
            return b""
        state["pair"].settimeout(1)
    state["pair"].send(inform)
    return state["pair"].recv(9999)


def let_go(state):
    for name in ("session", "pair"):
        if name in state:
            state.pop(name).close()
    if "ask" in state:
        state.pop("ask").wait(30)


def client(speak):
    state = {}
    while not stopping.is_set():
        with lock:
            next_id[0] += 1
            number = next_id[0]
        while True:  # as a sender does: again until it is acknowledged
            try:
                if speak(asked(number), state) == answer(number):
                    break
            except OSError:
                pass
            let_go(state)
        answered.append(number)
    let_go(state)


threads = [threading.Thread(target=client, args=(speak,)) for speak in (by_tls, by_tls, by_dtls, by_dtls)]
for thread in threads:
    thread.start()
for i in range(KILLS):
    name = random.choice(("trapline-tls", "trapline-tls", "trapline-intake", "writer"))
    enough = len(answered) + random.randrange(1, 200)
    wait(lambda: len(answered) >= enough, 60)
    pid = wait(lambda: collector.pid(name), 30)
    os.kill(pid, signal.SIGKILL)
    wait(lambda: collector.pid(name) != pid, 30)
stopping.set()
for thread in threads:
    thread.join(120)
ok(wait(lambda: collector.ledger()["waiting"] == 0 and collector.adds_up(), 60), "the ledger adds up", collector.ledger())
found = [int.from_bytes(pdu[4:8], "big") for (pdu,) in collector.rows("SELECT pdu FROM notification WHERE inform=1 AND pdu IS NOT NULL")
         if pdu[2:4] == b"\x02\x04"]
found = [number for number in found if number > 1 << 24]
ok(len(answered) > KILLS, "%d informs answered through %d kills, seed %d" % (len(answered), KILLS, SEED))
equal(sorted(set(answered) - set(found))[:10], [], "every answered inform is in the store")
equal(len(found), len(set(found)), "none is there twice")

# The certificate is renewed.
collector.configure(settings("renewed"))
collector.process.send_signal(signal.SIGHUP)


def shown():
    try:
        with session() as s:
            return ssl.DER_cert_to_PEM_cert(s.getpeercert(True))
    except OSError:
        return None


with open(c.path("renewed.crt")) as f:
    ok(wait(lambda: shown() == f.read() or f.seek(0), 30), "SIGHUP: a new certificate is shown", collector.log()[-1000:])
collector.configure(settings("renewed").replace("renewed.key", "stranger.key"))
pid = collector.pid("trapline-tls")
collector.process.send_signal(signal.SIGHUP)
ok(wait(lambda: "no private key of that certificate" in collector.log() and "the old settings stay" in collector.log()),
   "SIGHUP: one that cannot be used is refused whole", collector.log()[-1000:])
with open(c.path("renewed.crt")) as f:
    equal((shown(), collector.pid("trapline-tls")), (f.read(), pid), "and the old one stays")
with open("/proc/%d/status" % collector.pid("trapline-tls")) as f:
    status = f.read()
ok("NoNewPrivs:\t1" in status and "CapEff:\t0000000000000000" in status, "the part for TLS has no privileges")
equal(collector.stop(), 0, "SIGTERM ends it well")


def refused(what, words, config):
    other = Collector(listen=("dtls:127.0.0.1:0",))
    other.configure(config)
    result = subprocess.run([BUILD + "/traplined", "--config", other.conf], env=other.environment, capture_output=True, text=True,
                            timeout=30)
    ok(result.returncode != 0 and words in result.stderr and result.stderr.count("\n") == 1, "refused in words: " + what, result.stderr)


refused("no certificate", "needs tls-certificate", "")
refused("another's key", "stranger.key: no private key of that certificate", settings().replace("collector.key", "stranger.key"))
refused("a certificate that is none", "no certificate can be read", settings().replace("collector.crt", "collector.key"))
refused("a certificate that is not there", "no-such.crt", settings().replace("collector.crt", "no-such.crt"))
shutil.copy(c.path("collector.key"), c.path("open.key"))
os.chmod(c.path("open.key"), 0o640)
refused("a key that others can read", "open.key has mode 0640 and holds a secret; chmod 600 it", settings().replace("collector.key", "open.key"))

# A certificate is good from where it belongs.
collector = Collector(listen=("udp:127.0.0.1:0", "tls:127.0.0.1:0"))
for source, served in (("192.0.2.1", False), ("127.0.0.0/8", True)):
    collector.configure(settings(more="trust-loopback = false\n").replace('"127.0.0.1", "::1"', '"%s"' % source))
    collector.start()
    equal(say(INFORM) != b"", served, "from %s it is %s" % (source, "good" if served else "not"))
    ok(wait(lambda: causes()[CERTIFICATE] >= 1), "and that is counted", causes())
    collector.stop()

# net-snmp over TCP, where TLS 1.0 is allowed; by the fingerprint of a profile.
collector = Collector(listen=("udp:127.0.0.1:0", "tls:127.0.0.1:0"))
for oldest in ("1.2", "1.0"):
    collector.configure('tls-certificate = "%s"\ntls-key = "%s"\ntls-oldest = "%s"\nprofile "p" { version = 3 tls-certificate = "%s" tls-fingerprint'
                        ' = "%s" }\nsender "core-sw" { profile = "p" }\n' % (c.path("collector.crt"), c.path("collector.key"), oldest,
                                                                          c.path("sender.crt"), c.fingerprint("sender")))
    collector.start()
    target = "tlstcp:127.0.0.1:%d" % collector.ports[1]
    if oldest == "1.2":
        ok(net("snmptrap", target).returncode != 0 and wait(lambda: causes()[SESSION] == 1), "TLS 1.0 is not spoken")
        ok("no common version of TLS" in collector.log() and "tls-oldest" in collector.log(), "which the log says", collector.log())
        collector.stop()
for inform in (0, 1):
    program = "snmpinform" if inform else "snmptrap"
    arrives(program + " over tlstcp, TLS 1.0", lambda: net(program, target, tail=tail), inform=inform, has=BER, origin="127.0.0.1", **common)
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
