"""trapline send-trap and replay: every version and level, each field as sent, to snmptrapd and to our own collector."""
import json
from collector import *

AUTH, PRIV, ENGINE = "authpassword", "privpassword", "0x8000000001020304"
LEVELS = {"noAuthNoPriv": [], "authNoPriv": ["-a", "SHA-256"], "authPriv": ["-a", "SHA-512", "-x", "AES-128"]}
collector = Collector(listen=("udp:127.0.0.1:0", "udp6:[::1]:0"), arguments=["--memory", "4"])
auth, priv = collector.secret("auth", AUTH), collector.secret("priv", PRIV)
config = 'device "core-sw-01" { address = "10.9.8.7" }\n'
for level, keys in LEVELS.items():
    config += 'profile "p-%s" { version = "3" user = "u-%s" level = "%s"\n' % (level, level, level)
    config += ' auth = "%s" auth-password-file = "%s"\n' % (keys[1], auth) if keys else ""
    config += ' priv = "AES-128" priv-password-file = "%s"\n' % priv if len(keys) > 2 else ""
    config += '}\nsender "s-%s" { profile = "p-%s" engine-id = "%s" }\n' % (level, level, ENGINE)
collector.configure(config)
collector.start()
HERE, HERE6 = "127.0.0.1:%d" % collector.ports[0], "udp6:[::1]:%d" % collector.ports[1]
STATE = os.path.join(collector.directory, "state")


def trapline(*words, seconds=60):
    return subprocess.run([BUILD + "/trapline", "--config", collector.conf] + list(words), env=collector.environment,
                          capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)


def v3(level, inform):
    keys = LEVELS[level]
    words = ["-v3", "-u", "u-" + level, "-l", level, "-n", "ctx"] + keys
    words += ["--auth-password-file", auth] if keys else []
    words += ["--priv-password-file", priv] if len(keys) > 2 else []
    return words + ([] if inform else ["-e", ENGINE])


ASSIGNMENTS = ["ifIndex.3=7", "ifDescr.3=eth3 = up", "ifAdminStatus.3=down", "ifSpeed.3=4294967295",
               "ipAdEntAddr.192.0.2.9=192.0.2.9", "sysObjectID.0=1.3.6.1.4.1.9.4294967295",
               "1.3.6.1.4.1.9999.1.0=t:12345", "1.3.6.1.4.1.9999.2.0=i:-2147483647"]
VALUES = varbind("1.3.6.1.2.1.2.2.1.1.3", integer(7)) + varbind("1.3.6.1.2.1.2.2.1.2.3", tlv(4, b"eth3 = up")) + \
    varbind("1.3.6.1.2.1.2.2.1.7.3", integer(2)) + varbind("1.3.6.1.2.1.2.2.1.5.3", integer(4294967295, 0x42)) + \
    varbind("1.3.6.1.2.1.4.20.1.1.192.0.2.9", tlv(0x40, bytes([192, 0, 2, 9]))) + \
    varbind("1.3.6.1.2.1.1.2.0", oid("1.3.6.1.4.1.9.4294967295")) + \
    varbind("1.3.6.1.4.1.9999.1.0", integer(12345, 0x43)) + varbind("1.3.6.1.4.1.9999.2.0", integer(-2147483647))
WIDE = varbind("1.3.6.1.2.1.31.1.1.1.6.3", integer(18446744073709551615, 0x46))
NAMES = "version inform uptime name origin device security context severity pdu raw".split()


def last():
    rows = collector.rows("SELECT %s FROM notification ORDER BY id DESC LIMIT 1" % ", ".join(NAMES))
    return dict(zip(NAMES, rows[0])) if rows else {}


def check(what, words, values=VALUES, status=0, **wanted):
    before = collector.count()
    result = trapline(*words)
    equal(result.returncode, status, what + ": exit status") or print("#", result.stderr, result.stdout)
    ok(wait(lambda: collector.count() == before + 1), what + " arrives", result.stderr, collector.ledger())
    row = last()
    equal({k: row.get(k) for k in wanted}, wanted, what + ": every field as sent")
    ok(values in ((row.get("pdu") or b"") + (row.get("raw") or b"")), what + ": every value as sent",
       (row.get("pdu") or row.get("raw") or b"").hex())
    return result


DOWN, COMMON = oid(LINK_DOWN)[2:], dict(uptime=4711, severity=5)
ARGS = ["--uptime", "4711"]
for inform in (False, True):
    kind = ["--inform"] if inform else []
    word = "inform" if inform else "trap"
    more, values = ["IF-MIB::ifHCInOctets.3=18446744073709551615"], VALUES + WIDE
    said = check("v2c " + word, ["send-trap", "-v2c", "-c", "not-kept"] + ARGS + kind + [HERE, "linkDown"] + ASSIGNMENTS + more,
                 values, version=2, inform=int(inform), name=DOWN, security=None, origin="127.0.0.1", **COMMON)
    ok(("acknowledged in" if inform else "nobody answers a trap") in said.stdout, "what became of it is said", said.stdout)
    check("v2c %s over IPv6" % word, ["send-trap"] + ARGS + kind + [HERE6, "IF-MIB::linkDown"] + ASSIGNMENTS + more, values,
          version=2, inform=int(inform), name=DOWN, origin="::1", **COMMON)
    for level in LEVELS:
        check("v3 %s %s" % (level, word), ["send-trap"] + v3(level, inform) + ARGS + kind + [HERE, LINK_DOWN] + ASSIGNMENTS + more,
              values, version=3, inform=int(inform), name=DOWN, security="u-" + level, context="ctx", **COMMON)
check("v1 generic trap", ["send-trap", "-v1"] + ARGS + [HERE, "linkDown", "snmpTrapAddress.0=10.9.8.7",
      "snmpTrapEnterprise.0=1.3.6.1.4.1.9"] + ASSIGNMENTS, version=1, inform=0, name=DOWN, origin="10.9.8.7",
      device="core-sw-01", **COMMON)
check("v1 specific trap", ["send-trap", "-v1"] + ARGS + [HERE, "1.3.6.1.4.1.9.1.0.4242"] + ASSIGNMENTS, version=1,
      name=oid("1.3.6.1.4.1.9.1.0.4242")[2:], origin="127.0.0.1", uptime=4711)


def refused(what, status, says, *words):
    before = collector.ledger()["received"]
    result = trapline("send-trap", *words)
    ok(result.returncode == status and says in result.stderr, "refused: " + what, result.returncode, result.stderr)
    equal(collector.ledger()["received"], before, "refused: %s: nothing was sent" % what)


refused("a value outside its type", 2, "ifAdminStatus.3", HERE, "linkDown", "ifAdminStatus.3=sideways")
refused("a value outside its range", 2, "ifIndex.3", HERE, "linkDown", "ifIndex.3=0x1g")
refused("a column without its index", 2, "of which row? write ifIndex.INDEX=VALUE", HERE, "linkDown", "ifIndex=3")
refused("a scalar without .0", 2, "write sysName.0=VALUE", HERE, "linkDown", "sysName=x")
refused("a name nobody knows", 2, "linkSideways", HERE, "linkSideways")
refused("a type that is not told", 2, "i:", HERE, "linkDown", "1.3.6.1.4.1.9999.1.0=5")
refused("v1 and Counter64", 2, "SNMPv1 has no Counter64", "-v1", HERE, "linkDown", "ifHCInOctets.3=1")
refused("v1 and an inform", 2, "SNMPv1 has no informs", "-v1", "--inform", HERE, "linkDown")
refused("an engine ID that is none", 2, "is no engine ID", *v3("authPriv", True), "-e", "0x12", HERE, "linkDown")
deaf = udp()
DEAF = "127.0.0.1:%d" % deaf.getsockname()[1]
result = trapline("send-trap", "--inform", "-t", "1", "-r", "1", DEAF, "linkDown")
ok(result.returncode == 3 and "no answer" in result.stderr, "an inform that nobody acknowledges: exit 3, in words", result.stderr)
deaf.settimeout(5)
copies = [deaf.recv(65536), deaf.recv(65536)]
equal(copies[0], copies[1], "its second try is the same message, so that it is one event")
result = trapline("send-trap", "--inform", "-t", "1", "-r", "0", *v3("authPriv", True)[:-1], priv + "x", HERE, "linkDown")
ok(result.returncode != 0 and priv + "x" in result.stderr, "a password file that is not there", result.stderr)
wrong = collector.secret("wrong", "another password")
words = v3("authNoPriv", True)
words[words.index(auth)] = wrong
result = trapline("send-trap", "--inform", *words, HERE, "linkDown")
ok(result.returncode == 3 and "does not accept the authentication password" in result.stderr, "a wrong password, in words", result.stderr)
result = trapline("send-trap", HERE, "linkDown", "ifIndex.1=1")
ok("carries ifAdminStatus" in result.stderr and result.returncode == 0, "objects that are left out are named", result.stderr)
boots = [int(open(os.path.join(STATE, "sender")).read().split()[1])]
trapline("send-trap", *v3("authPriv", False), HERE, "linkDown")
boots.append(int(open(os.path.join(STATE, "sender")).read().split()[1]))
equal(boots[1], boots[0] + 1, "the boots of our own engine grow with every call")

# snmptrapd as the receiver: it renders what it got.
home = tempfile.mkdtemp(prefix="trapline-trapd-")
atexit.register(shutil.rmtree, home, True)
with open(home + "/snmptrapd.conf", "w") as f:
    f.write("disableAuthorization yes\nformat1 ONE %N;%a;%w;%q;%T;%v\\n\nformat2 TWO %P;%v\\n\n")
    for level, keys in LEVELS.items():
        for engine in ("", "-e %s " % ENGINE):
            f.write("createUser %su-%s%s%s\n" % (engine, level, " %s %s" % (keys[1], AUTH) if keys else "",
                                                 " AES %s" % PRIV if len(keys) > 2 else ""))
        f.write("authUser log u-%s %s\n" % (level, {"noAuthNoPriv": "noauth", "authNoPriv": "auth", "authPriv": "priv"}[level]))
port = udp()
number = port.getsockname()[1]
port.close()
trapd = subprocess.Popen(["snmptrapd", "-f", "-n", "-m", "", "-On", "-Lf", home + "/log", "udp:127.0.0.1:%d" % number],
                         env=dict(os.environ, MIBS="", SNMPCONFPATH=home, SNMP_PERSISTENT_DIR=home, HOME=home))
atexit.register(lambda: (trapd.kill(), trapd.wait()))


def log():
    try:
        return open(home + "/log", errors="replace").read()
    except OSError:
        return ""


THERE = "127.0.0.1:%d" % number
ok(wait(lambda: "NET-SNMP version" in log()), "snmptrapd runs", log())
RENDERED = [".1.3.6.1.2.1.2.2.1.1.3 = INTEGER: 7", ".1.3.6.1.2.1.2.2.1.7.3 = INTEGER: 2",
            ".1.3.6.1.2.1.2.2.1.5.3 = Gauge32: 4294967295", ".1.3.6.1.2.1.4.20.1.1.192.0.2.9 = IpAddress: 192.0.2.9",
            ".1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.9.4294967295", ".1.3.6.1.4.1.9999.1.0 = Timeticks: (12345)",
            ".1.3.6.1.4.1.9999.2.0 = INTEGER: -2147483647"]
RENDERED2 = RENDERED + [".1.3.6.1.2.1.1.3.0 = Timeticks: (4711)", ".1.3.6.1.6.3.1.1.4.1.0 = OID: ." + LINK_DOWN]


def rendered(what, words, parts, status=0):
    before = len(log())
    result = trapline(*words)
    equal(result.returncode, status, "snmptrapd, %s: exit status" % what) or print("#", result.stderr)
    seen = wait(lambda: log()[before:] if log()[before:].count("\n") and ";" in log()[before:] else "", 10) or ""
    missing = [p for p in parts if p not in seen]
    ok(seen and not missing, "snmptrapd, %s: each field as sent" % what, missing, seen)


for inform in (False, True):
    kind = ["--inform"] if inform else []
    word = "inform" if inform else "trap"
    rendered("v2c " + word, ["send-trap", "-v2c"] + ARGS + kind + [THERE, "linkDown"] + ASSIGNMENTS,
             RENDERED2 + ["INFORM" if inform else "TRAP2"])
    for level in LEVELS:
        rendered("v3 %s %s" % (level, word), ["send-trap"] + v3(level, inform) + ARGS + kind + [THERE, "linkDown"] + ASSIGNMENTS,
                 RENDERED2 + [", SNMP v3, user u-%s, context ctx" % level])
rendered("v1 generic", ["send-trap", "-v1"] + ARGS + [THERE, "linkDown", "snmpTrapAddress.0=10.9.8.7",
         "snmpTrapEnterprise.0=1.3.6.1.4.1.9"] + ASSIGNMENTS, RENDERED + ["ONE .1.3.6.1.4.1.9;10.9.8.7;2;0;4711;"])
rendered("v1 specific", ["send-trap", "-v1"] + ARGS + [THERE, "1.3.6.1.4.1.9.1.0.4242"] + ASSIGNMENTS,
         RENDERED + ["ONE .1.3.6.1.4.1.9.1;127.0.0.1;6;.4242;4711;"])

# Replay: to a second collector, whose rows are to be those of the first.
second = Collector(config)
second.start()
TO = "127.0.0.1:%d" % second.port
SAME = "version inform uptime name severity"
total = collector.count()


def both(where="1"):
    sql = "SELECT %s FROM notification WHERE %s ORDER BY id" % (SAME.replace(" ", ", "), where)
    return collector.rows(sql), second.rows("SELECT %s FROM notification ORDER BY id" % SAME.replace(" ", ", "))


def lists(of, version=None):
    """The varbinds as rendered by the journal's reader, in order."""
    said = subprocess.run([BUILD + "/trapline", "--json", "--config", of.conf, "traps", "--since", "1h"],
                          env=of.environment, capture_output=True, text=True, timeout=60)
    rows = [json.loads(line) for line in said.stdout.splitlines()]
    return [(r["oid"], r["varbinds"], r["uptime"]) for r in rows if version in (None, r["version"])]


result = trapline("replay", TO)
ok(result.returncode == 2 and "say which rows" in result.stderr, "replay of everything has to be asked for", result.stderr)
result = trapline("--json", "replay", "--rate", "0", "--since", "1h", TO, "version=1")
ones = json.loads(result.stdout)
ok(result.returncode == 0 and ones == {"rows": 2, "sent": 2, "acknowledged": 0, "failed": 0}, "replay of v1 rows", result.stdout, result.stderr)
ok(wait(lambda: second.count() == 2), "v1 stays v1")
equal(both("version=1")[1], both("version=1")[0], "field for field")
equal(lists(second, 1), lists(collector, 1), "and value for value")
masked = [r[0] for r in second.rows("SELECT raw FROM notification")]
ok(all(b"*" * len("public") in r and b"public" not in r for r in masked), "under the community given, which is masked again")
second.close()
second = Collector(config)
second.start()
TO = "127.0.0.1:%d" % second.port
result = trapline("replay", "--rate", "0", "--id", "1-%d" % total, TO)
informs = collector.rows("SELECT count(*) FROM notification WHERE inform")[0][0]
ok(result.returncode == 0 and result.stdout == "%d of %d sent, %d of them acknowledged\n" % (total, total, informs), "replay by id says how many went",
   result.stdout, result.stderr)
ok(wait(lambda: second.count() == total), "all arrive", second.count(), total)
got = {tuple(r[1:]) for r in second.rows("SELECT id, inform, uptime, name, severity FROM notification")}
equal(got, {tuple(r[1:]) for r in collector.rows("SELECT id, inform, uptime, name, severity FROM notification")}, "field for field")
result = trapline("replay", "--since", "1h", "--inform", *v3("authPriv", True), TO, "version=3")
threes = collector.rows("SELECT count(*) FROM notification WHERE version=3")[0][0]
ok(result.returncode == 0 and "%d of them acknowledged" % threes in result.stdout, "replay as v3 informs", result.stdout, result.stderr)
ok(wait(lambda: second.count() == total + threes), "all arrive")
begun = time.monotonic()
result = trapline("replay", "--rate", "10", "--id", "1-6", TO)
ok(time.monotonic() - begun >= 0.5, "six at ten a second take half a second at least", result.stdout, result.stderr)
result = trapline("replay", "--id", "1", "--with-origin", TO)
ok(wait(lambda: second.rows("SELECT origin FROM notification ORDER BY id DESC LIMIT 1") == [("127.0.0.1",)]), "with its origin")
result = trapline("replay", "--id", "5-6", "--inform", "-t", "1", "-r", "0", DEAF)
ok(result.returncode == 3 and "0 of 2 sent" in result.stdout and "no answer" in result.stderr, "a receiver that is not there: exit 3, in words",
   result.stdout, result.stderr)
for word in ("0", "7-3", "x", "3-", "-3", "3-4-5"):
    result = trapline("replay", "--id=" + word, TO)
    ok(result.returncode == 2 and "is no row" in result.stderr, "--id %s is refused" % word, result.stderr)
result = trapline("replay", "--id", "1000000-1000001", TO)
equal(result.returncode, 1, "no row: exit 1")
done()
