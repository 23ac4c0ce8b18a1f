"""snmptrapd has the port and forwards to us, by the lines that traplined(8) gives: every version, and informs but those
of v3, which it does not forward. What was sent arrives, with the origin where the protocol carries one, and the forwarder."""
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
    lines = re.findall(r"^((?:authCommunity|createUser|authUser|forward) .*)$", f.read(), re.M)
equal([line.split()[0] for line in lines], ["authCommunity", "createUser", "authUser", "forward"], "the manual page has the lines")
text = "\n".join(lines).replace("127.0.0.1:1162", "127.0.0.1:%d" % collector.port)
text = re.sub(r"0x[0-9a-f]+", "0x" + ENGINE, text).replace("ops", "blast")
text = text.replace("AUTH-PASSWORD", "authpassword").replace("PRIV-PASSWORD", "privpassword")
home = tempfile.mkdtemp(prefix="trapline-snmptrapd-")
atexit.register(shutil.rmtree, home, True)
with open(home + "/snmptrapd.conf", "w") as f:
    f.write(text + "\n")
with udp() as s:
    port = s.getsockname()[1]
trapd = subprocess.Popen([PROGRAM, "-f", "-n", "-C", "-c", home + "/snmptrapd.conf", "-Lf", home + "/log", "udp:127.0.0.1:%d" % port],
                         env=dict(os.environ, MIBS="", SNMPCONFPATH=home, SNMP_PERSISTENT_DIR=home, HOME=home))
atexit.register(trapd.kill)
ok(wait(lambda: os.path.exists(home + "/log") and "NET-SNMP version" in open(home + "/log").read()), "snmptrapd runs")


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
done()
