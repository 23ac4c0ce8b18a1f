"""snmptrapd has the port and forwards to us, by the lines that traplined(8) gives: every version, and informs but those
of v3, which it does not forward. What was sent arrives, with the origin where the protocol carries one, and the forwarder.
Then it runs trapline for each, by which every origin arrives, and every value with its type."""
from collector import *

PROGRAM = shutil.which("snmptrapd", path=os.environ["PATH"] + ":/usr/sbin")
if not PROGRAM:
    skip_all("there is no snmptrapd")
ENGINE = "8000000001020304"
V3 = ["-v", "3", "-l", "authPriv", "-a", "SHA-256", "-x", "AES", "-u", "blast", "-A", "authpassword", "-X", "privpassword"]
collector = Collector()
collector.admit_blast(ENGINE)
collector.start()

# The lines of the manual page, with our port for theirs.
with open(SOURCE + "/doc/traplined.8") as f:
    ways = [block.strip() for block in re.findall(r"^\.Bd -literal.*?\n(authCommunity.*?)\.Ed$", f.read(), re.M | re.S)]
equal([way.split("\n")[-1].split()[0] for way in ways], ["forward", "traphandle"], "the manual page has the lines")


def snmptrapd(text):
    """Runs, by those lines; the directory it is in, its port and its process."""
    home = tempfile.mkdtemp(prefix="trapline-snmptrapd-")
    atexit.register(shutil.rmtree, home, True)
    text = text.replace("127.0.0.1:1162", "127.0.0.1:%d" % collector.port).replace("ops", "blast")
    text = re.sub(r"0x[0-9a-f]+", "0x" + ENGINE, text).replace("FILE", collector.secret("public", "public"))
    text = text.replace("AUTH-PASSWORD", "authpassword").replace("PRIV-PASSWORD", "privpassword")
    with open(home + "/snmptrapd.conf", "w") as f:
        f.write(text.replace("/usr/bin/trapline", BUILD + "/trapline") + "\n")
    with udp() as s:
        port = s.getsockname()[1]
    trapd = subprocess.Popen([PROGRAM, "-f", "-n", "-C", "-c", home + "/snmptrapd.conf", "-Lf", home + "/log",
                              "udp:127.0.0.1:%d" % port], env=dict(collector.environment, MIBS="", SNMPCONFPATH=home,
                                                                   SNMP_PERSISTENT_DIR=home, TRAPLINE_CONFIG=collector.conf))
    atexit.register(trapd.kill)
    ok(wait(lambda: os.path.exists(home + "/log") and "NET-SNMP version" in open(home + "/log").read()), "snmptrapd runs")
    return home, port, trapd


home, port, trapd = snmptrapd(ways[0])


def newest():
    names = "version inform origin source security name uptime".split()
    rows = collector.rows("SELECT %s FROM notification ORDER BY id DESC LIMIT 1" % ", ".join(names))
    return dict(zip(names, rows[0])) if rows else {}


DOWN = oid(LINK_DOWN)[2:]
TAIL = ["4711", LINK_DOWN, "1.3.6.1.2.1.2.2.1.1.3", "i", "3"]
for what, program, words, wanted in (
        ("a v1 trap", "snmptrap", ["-v", "1", "-c", "public", "@", "1.3.6.1.4.1.9", "10.9.8.7", "2", "0", "4711"],
         dict(version=1, inform=0, origin="10.9.8.7")),
        ("a v2c trap", "snmptrap", ["-v", "2c", "-c", "public", "@"] + TAIL, dict(version=2, inform=0, origin="127.0.0.1")),
        ("a v2c trap that names its origin", "snmptrap",
         ["-v", "2c", "-c", "public", "@"] + TAIL + ["1.3.6.1.6.3.18.1.3.0", "a", "10.9.8.8"],
         dict(version=2, inform=0, origin="10.9.8.8")),
        ("a v2c inform", "snmpinform", ["-v", "2c", "-c", "public", "@"] + TAIL, dict(version=2, inform=1, origin="127.0.0.1")),
        ("a v3 trap", "snmptrap", V3 + ["-e", "0x" + ENGINE, "@"] + TAIL,
         dict(version=3, inform=0, origin="127.0.0.1", security="blast"))):
    before = collector.count()
    result = send(program, *["127.0.0.1:%d" % port if word == "@" else word for word in words])
    ok(wait(lambda: collector.count() == before + 1), what + " arrives", result.stderr, open(home + "/log").read()[-1000:],
       collector.ledger(), collector.rows("SELECT * FROM rejected_sender"))
    row = newest()
    wrong = {k: row.get(k) for k, v in dict(wanted, name=DOWN, uptime=4711).items() if row.get(k) != v}
    ok(not wrong, what + " as sent", wrong)
    ok(str(row.get("source")).startswith("127.0.0.1:"), what + ": and who forwarded it", row)
trapd.kill()
trapd.wait()

# By a program. The sender's address is the origin then.
home, port, trapd = snmptrapd(ways[1])
HERE = ["--clientaddr=127.0.0.5", "127.0.0.1:%d" % port]
MORE = ["1.3.6.1.2.1.2.2.1.2.3", "s", 'eth "3"\nup', "1.3.6.1.2.1.2.2.1.6.3", "x", "00 11 aa ff", "1.3.6.1.4.1.9.1", "o",
        "1.3.6.1.4.1.9.77", "1.3.6.1.4.1.9.2", "a", "1.2.3.4", "1.3.6.1.4.1.9.3", "t", "123456", "1.3.6.1.4.1.9.4", "i", "-7"]
VALUES = (varbind("1.3.6.1.2.1.2.2.1.1.3", integer(3)) + varbind("1.3.6.1.2.1.2.2.1.2.3", tlv(4, b'eth "3"\nup')) +
          varbind("1.3.6.1.2.1.2.2.1.6.3", tlv(4, b"\x00\x11\xaa\xff")) + varbind("1.3.6.1.4.1.9.1", oid("1.3.6.1.4.1.9.77")) +
          varbind("1.3.6.1.4.1.9.2", tlv(0x40, bytes([1, 2, 3, 4]))) + varbind("1.3.6.1.4.1.9.3", integer(123456, 0x43)) +
          varbind("1.3.6.1.4.1.9.4", integer(-7)))
for what, program, words, origin in (
        ("a v1 trap", "snmptrap", ["-v", "1", "-c", "public"] + HERE + ["1.3.6.1.4.1.9", "10.9.8.7", "2", "0"] + TAIL[:1] +
         TAIL[2:] + MORE, "10.9.8.7"),
        ("a v2c trap", "snmptrap", ["-v", "2c", "-c", "public"] + HERE + TAIL + MORE, "127.0.0.5"),
        ("a v2c inform", "snmpinform", ["-v", "2c", "-c", "public"] + HERE + TAIL + MORE, "127.0.0.5"),
        ("a v3 inform", "snmpinform", V3 + HERE + TAIL + MORE, "127.0.0.5")):
    before = collector.count()
    result = send(program, *words)
    ok(wait(lambda: collector.count() == before + 1), what + " by traphandle arrives", result.stderr,
       open(home + "/log").read()[-1000:], collector.ledger())
    row = newest()
    ok((row.get("origin"), row.get("name"), row.get("uptime")) == (origin, DOWN, 4711), what + " by traphandle: from whom, and what", row)
    ok(str(row.get("source")).startswith("127.0.0.1:"), what + " by traphandle: and who handed it on", row)
    raw = collector.rows("SELECT raw FROM notification ORDER BY id DESC LIMIT 1")
    ok(raw and VALUES in raw[0][0], what + " by traphandle: every value, with its type", raw)
    ok(b"public" not in raw[0][0], what + " by traphandle: no community among them", raw)


def handed(text):
    return subprocess.run([BUILD + "/trapline", "--config", collector.conf, "send-trap", "--snmptrapd", "-v2c", "--community-file",
                           collector.conf + "/public", "127.0.0.1:%d" % collector.port], input=text, env=collector.environment, capture_output=True, timeout=60)


FRONT = b"host\nUDP: [127.0.0.5]:1->[127.0.0.1]:162\n.1.3.6.1.2.1.1.3.0 0:0:00:47.11\n.1.3.6.1.6.3.1.1.4.1.0 .1.3.6.1.6.3.1.1.5.3\n"
for what, text in (("nothing", b""), ("one line", b"host\n"), ("no notification", FRONT[:FRONT.index(b".1.3.6.1.6.3")]),
                   ("an uptime that is none", FRONT.replace(b"0:0:00:47.11", b"noise")),
                   ("an object that is none", FRONT + b"x.y.z 3\n"), ("a NUL", FRONT + b"a\0b"), ("noise", bytes(range(256)) * 40),
                   ("too many", FRONT + b".1.3.6.1.4.1.9.1 3\n" * 100), ("too much", FRONT + b"x" * (2 << 20)),
                   ("a quote that does not end", FRONT + b'.1.3.6.1.4.1.9.1 "' + b"x\n" * 70000)):
    result = handed(text)
    ok(result.returncode == 2 and len(result.stderr.splitlines()) == 1, what + " is refused with a sentence", result.returncode, result.stderr[:500])
done()
