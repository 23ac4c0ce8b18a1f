"""Senders that must be turned away: unknown engine, unknown user, wrong digest, wrong privacy password, too low a level,
outside the window, replayed, a community or a source that is not allowed, a request. None is stored or answered, each is
counted by its cause and shows with its sender."""
from collector import *

COMMUNITY, SOURCE, USER, ENGINE_, DIGEST, LEVEL, WINDOW, DECRYPTION, NOT_US, VERSION = range(10)
ENGINE = "8000000001020304"
V3 = ["-v", "3", "-l", "authPriv", "-a", "SHA-256", "-x", "AES"]
GOOD = ["-u", "blast", "-A", "authpassword", "-X", "privpassword"]
TAIL = ["1", LINK_DOWN]
sent = 0

collector = Collector()
collector.admit_blast(ENGINE)
collector.start()
here = "127.0.0.1:%d" % collector.port


def causes():
    return collector.ledger()["causes"]


def check(what, cause, action, user=None, engine=None, count=1):
    before, stored, answered = causes(), collector.count(), collector.ledger()["informs_answered"]
    action()
    wanted = [n + count * (i == cause) for i, n in enumerate(before)]
    if not ok(wait(lambda: causes()[cause] >= wanted[cause], 20), what + " is counted", causes(), before,
              collector.ledger()):
        return
    equal(causes(), wanted, what + ": by its cause alone")
    equal((collector.count(), collector.ledger()["informs_answered"]), (stored, answered),
          what + ": not stored, not answered")
    row = wait(lambda: collector.rows("SELECT source, security, engine, raw FROM rejected_sender WHERE cause=? AND "
                                      "security=? ORDER BY last DESC LIMIT 1", cause, user or ""), 5)
    ok(row and row[0][0] == "127.0.0.1" and (engine is None or row[0][2] == "0x" + engine) and len(row[0][3] or b"") > 30,
       what + ": its sender is a row, with its last octets", row)


def trap(*arguments, engine=ENGINE, program="snmptrap"):
    words = ["-e", "0x" + engine] if program == "snmptrap" else ["-t", "1", "-r", "0"]
    result = send(program, *V3, *words, *arguments, here, *TAIL)
    if program == "snmpinform" and result.returncode == 0:
        ok(False, "an inform was acknowledged that must not be")


ok(send("snmptrap", *V3, "-e", "0x" + ENGINE, *GOOD, here, *TAIL).returncode == 0 and
   wait(lambda: collector.count() == 1), "what is right arrives", collector.ledger())
check("v3 trap of an unknown engine", ENGINE_, lambda: trap(*GOOD, engine="80000000090a0b0c0d"), "blast",
      "80000000090a0b0c0d")
check("v3 trap of an unknown user", USER, lambda: trap("-u", "nobody", *GOOD[2:]), "nobody")
check("v3 trap with a wrong digest", DIGEST, lambda: trap("-u", "blast", "-A", "wrongpassword", "-X", "privpassword"), "blast")
check("v3 inform with a wrong digest", DIGEST,
      lambda: trap("-u", "blast", "-A", "wrongpassword", "-X", "privpassword", program="snmpinform"), "blast")
check("v3 inform of an unknown user", USER, lambda: trap("-u", "noone", *GOOD[2:], program="snmpinform"), "noone")
check("v3 trap that cannot be decrypted", DECRYPTION,
      lambda: trap("-u", "blast", "-A", "authpassword", "-X", "wrongpassword"), "blast")
check("v3 trap below its user's level", LEVEL, lambda: trap("-l", "authNoPriv", *GOOD[:4]), "blast")
check("v3 trap without authentication", LEVEL, lambda: trap("-l", "noAuthNoPriv", *GOOD[:2]), "blast")
check("v3 inform below its user's level", LEVEL, lambda: trap("-l", "authNoPriv", *GOOD[:4], program="snmpinform"), "blast")
check("v3 inform without authentication", LEVEL, lambda: trap("-l", "noAuthNoPriv", *GOOD[:2], program="snmpinform"), "blast")

# A trap is recorded on its way and sent again when its engine has moved on.
old = udp()
send("snmptrap", *V3, "-e", "0x" + ENGINE, "-Z", "1000000,1000", *GOOD, "127.0.0.1:%d" % old.getsockname()[1], *TAIL)
old.settimeout(10)
recorded = old.recv(9999)
mine = udp()
stored = collector.count()
mine.sendto(recorded, ("127.0.0.1", collector.port))
ok(wait(lambda: collector.count() == stored + 1), "a recorded trap arrives while it is fresh", collector.ledger())
trap(*GOOD, "-Z", "1000000,2000")
ok(wait(lambda: collector.count() == stored + 2), "its engine's time goes on", collector.ledger())
check("replay of a trap from before", WINDOW, lambda: mine.sendto(recorded, ("127.0.0.1", collector.port)), "blast")
trap(*GOOD, "-Z", "1000001,1")
ok(wait(lambda: collector.count() == stored + 3), "its engine boots again", collector.ledger())
check("trap of an earlier boot", WINDOW, lambda: trap(*GOOD, "-Z", "1000000,2500"), "blast")

# What is no notification.
get = tlv(0x30, integer(1) + tlv(4, b"public") + tlv(0xa0, integer(7) + integer(0) + integer(0) +
                                                     tlv(0x30, varbind("1.3.6.1.2.1.1.1.0", tlv(5, b"")))))
check("a GET", NOT_US, lambda: mine.sendto(get, ("127.0.0.1", collector.port)))
check("SNMPv2p", VERSION, lambda: mine.sendto(get.replace(integer(1), integer(2), 1), ("127.0.0.1", collector.port)))
mine.settimeout(0.1)
try:
    ok(False, "none of it is answered", mine.recv(9999))
except OSError:
    ok(True, "none of it is answered")
# What is cut anywhere, a value with a length and no octets, nesting without end: nothing of it is a message.
whole = v2c(8, more=varbind("1.3.6.1.4.1.9.1", tlv(4, b"text")) + varbind("1.3.6.1.4.1.9.2", tlv(0x40, b"\x0a\x00\x00\x01")))
deep = b""
for _ in range(2000):
    deep = tlv(0x30, deep)
SHAPES = {
    "cut anywhere": [whole[:i] for i in range(len(whole))],
    "a varbind list cut anywhere": [
        tlv(0x30, integer(1) + tlv(4, b"public") + tlv(0xa7, integer(8) * 3 + tlv(0x30, whole[-60:][:i]))) for i in range(60)],
    "a value with a length and no octets": [
        v2c(8, more=tlv(0x30, oid("1.3.6.1.4.1.9.1") + bytes([tag, n]))) for tag in (5, 4, 6, 2, 0x40, 0x44, 0x80) for n in (1, 4, 127)],
    "an address that is none": [v2c(8, more=varbind("1.3.6.1.4.1.9.1", tlv(0x40, bytes(n)))) for n in (0, 3, 5)],
    "nesting without end": [deep, v2c(8, more=deep), tlv(0x30, integer(3) + deep),
                            tlv(0x30, integer(1) + tlv(4, b"public") + tlv(0xa7, deep))],
}
before = collector.children()
for what, octets in SHAPES.items():
    start = collector.ledger()
    for one in octets:
        mine.sendto(one, ("127.0.0.1", collector.port))
    ok(wait(lambda: collector.ledger()["received"] == start["received"] + len(octets) and collector.adds_up()), what + ": read",
       collector.ledger())
    now = collector.ledger()
    equal((now["malformed"] - start["malformed"], now["framed"] - start["framed"]), (len(octets), 0), what + ": malformed, all of it")
equal(collector.children(), before, "and nobody died of it")
ok(wait(collector.adds_up), "the ledger adds up", collector.ledger())
metrics = os.path.join(collector.state, "trapline.prom")
for words in ("wrong digest", "user unknown", "outside the time window", "security level", "cannot be decrypted"):
    ok(wait(lambda: re.search(r'trapline_rejected_total\{.*cause="[^"]*%s[^"]*"\} [1-9]' % words, open(metrics).read()), 30),
       "for Prometheus, too: " + words)
# The text is as Prometheus wants it (exposition formats, 0.0.4): each metric's lines together, behind its TYPE.
seen, current, wrong = set(), None, []
for line in open(metrics).read().splitlines():
    found = re.fullmatch(r'# TYPE (\w+) (?:counter|gauge)|# HELP (\w+) [^\n]+|(\w+)(?:\{(?:\w+="(?:[^"\\\n]|\\.)*",?)+\})? \d+', line)
    name = found and (found.group(1) or found.group(2) or found.group(3))
    if not name or (name != current and name in seen):
        wrong.append(line)
    seen.add(name)
    current = name
ok(not wrong and len(seen) == 11, "the metrics are well formed", *wrong)
values = dict(re.findall(r'^(trapline_\w+)\{listener="[^"]*"\} (\d+)$', open(metrics).read(), re.M))
equal(values.get("trapline_receive_buffer_bytes"), str(collector.rows("SELECT granted FROM listener")[0][0]),
      "the buffer granted is among them")
collector.close()

# Communities and sources by list.
collector = Collector()
secret = collector.secret("community", "right-one")
collector.admit_blast(ENGINE, 'trust-loopback = false\nprofile "plain" { community-file = "%s" }\n'
                      'sender "here" { source = { "127.0.0.1" } profile = "plain" }\n' % secret)
collector.start()
here = "127.0.0.1:%d" % collector.port
before = 0


def stranger(octets, source="127.0.0.9", seconds=0.1):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    s.settimeout(seconds)
    s.sendto(octets, ("127.0.0.1", collector.port))
    try:
        return s.recv(9999)
    except OSError:
        return None
    finally:
        s.close()


def plain(community, address="127.0.0.1", tag=0xa7):
    return stranger(v2c(77, community=community, tag=tag), address, 0.2)


ok(plain(b"right-one", tag=0xa6) is not None and
   wait(lambda: collector.count() == 1 and collector.ledger()["informs_answered"] == 1), "the right community arrives",
   collector.ledger())
check("a wrong community", COMMUNITY, lambda: plain(b"wrong-one"))
check("a wrong community's inform", COMMUNITY, lambda: plain(b"right-on", tag=0xa6))
check("a community that is longer", COMMUNITY, lambda: plain(b"right-one-right-one"))
check("no community", COMMUNITY, lambda: plain(b""))
before = causes()
plain(b"right-one", "127.0.0.9")
ok(wait(lambda: causes()[COMMUNITY] == before[COMMUNITY] + 1), "the right community from another source", causes())
with open(collector.store, "rb") as f:
    octets = f.read()
for community in (b"right-one", b"wrong-one"):
    ok(community not in octets, "the store does not hold %r" % community)
collector.close()

collector = Collector()
collector.configure('trust-loopback = false\nprofile "plain" { community-file = "%s" }\nsender "here" { source = { "127.0.0.1" } profile = "plain" }\n'
                    % collector.secret("community", "right-one"))
collector.start()
ok(plain(b"right-one", tag=0xa6) is not None, "from the listed source")
ok(plain(b"right-one", "127.0.0.9", tag=0xa6) is None, "from another one there is no answer")
ok(wait(lambda: causes()[SOURCE] == 1), "and it is counted by its cause", causes())
equal(collector.rows("SELECT source, cause FROM rejected_sender"), [("127.0.0.9", SOURCE)], "and shown with its address")
collector.close()

# A source that nobody has listed may send v3: who it says it is stands in its row, so that it can be let in at once.
collector = Collector()
collector.admit_blast("80000000090a0b0c0d", 'trust-loopback = false\nprofile "plain" { community-file = "%s" }\n'
                      % collector.secret("community", "right-one"))
text = open(collector.conf + "/trapline.conf").read()
collector.configure(text[text.index("\n"):].replace('sender "blast" {', 'sender "blast" { source = { "127.0.0.1" }'))
collector.start()


def let_in(profile):
    row = wait(lambda: collector.rows("SELECT id FROM rejected_sender ORDER BY last DESC, id DESC LIMIT 1"))
    words = [BUILD + "/trapline", "--config", collector.conf, "senders", "admit", str(row[0][0]), "--name", "n%d" % row[0][0]]
    return subprocess.run(words + (["--profile", profile] if profile else []), env=collector.environment, capture_output=True,
                          text=True, timeout=60, stdin=subprocess.DEVNULL)


stranger(recorded)
ok(wait(lambda: collector.rows("SELECT security, engine FROM rejected_sender WHERE source='127.0.0.9' AND cause=?", SOURCE) ==
        [("blast", "0x" + ENGINE)]), "a v3 source that is not allowed: with its user and engine",
   collector.rows("SELECT * FROM rejected_sender"))
ok("is of user" in let_in("plain").stderr, "it is not let in by a community")
equal(let_in("blast").returncode, 0, "but by its user")
stored = collector.count()
ok(wait(lambda: (stranger(recorded), collector.count() > stored)[1]), "and received", collector.ledger(), collector.log()[-500:])

# One that asks first who we are, as senders of informs do, has neither.
discovery = tlv(0x30, integer(3) + tlv(0x30, integer(7) + integer(65507) + tlv(4, b"\x04") + integer(3)) +
                tlv(4, tlv(0x30, tlv(4, b"") + integer(0) + integer(0) + tlv(4, b"") * 3)) +
                tlv(0x30, tlv(4, b"") * 2 + tlv(0xa0, integer(7) + integer(0) * 2 + tlv(0x30, b""))))
ok(wait(lambda: stranger(discovery, "127.0.0.8") is None and
        collector.rows("SELECT security, engine FROM rejected_sender WHERE source='127.0.0.8' AND cause=?", SOURCE) == [("", "")]),
   "discovery by a source that is not allowed is not answered", collector.rows("SELECT * FROM rejected_sender"))
ok("sends SNMPv3" in let_in("plain").stderr, "it is not let in by a community")
ok("sends SNMPv3" in let_in(None).stderr, "nor by nothing")
equal(let_in("blast").returncode, 0, "but by a user")
ok(wait(lambda: stranger(discovery, "127.0.0.8", 1)), "and is told who we are", collector.log()[-500:])
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
