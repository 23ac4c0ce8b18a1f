"""net-snmp's own snmptrap and snmpinform, every version and level: each field in the store as it was sent."""
import os
from collector import *

AUTH, PRIV = "authpassword", "privpassword"
ENGINE = "0x8000000001020304"
LEVELS = {"noAuthNoPriv": [], "authNoPriv": ["-a", "SHA-256", "-A", AUTH],
          "authPriv": ["-a", "SHA-256", "-A", AUTH, "-x", "AES", "-X", PRIV]}
PROTOCOLS = [("MD5", "DES"), ("SHA", "AES"), ("SHA-512", "AES-256"), ("SHA", "AES192C"), ("SHA-256", "AES256C")]

collector = Collector(listen=("udp:127.0.0.1:0", "udp6:[::1]:0"))
auth, priv = collector.secret("auth", AUTH), collector.secret("priv", PRIV)
config = 'device "core-sw-01" { address = "10.9.8.7" }\n'
for level in LEVELS:
    config += 'profile "p-%s" { version = "3" user = "u-%s" level = "%s"\n' % (level, level, level)
    if level != "noAuthNoPriv":
        config += ' auth = "SHA-256" auth-password-file = "%s"\n' % auth
    if level == "authPriv":
        config += ' priv = "AES-128" priv-password-file = "%s"\n' % priv
    config += '}\nsender "s-%s" { profile = "p-%s" engine-id = "%s" }\n' % (level, level, ENGINE)
for number, (a, x) in enumerate(PROTOCOLS):
    config += ('profile "q%d" { version = "3" user = "q%d" level = "authPriv" auth = "%s" auth-password-file = "%s"'
               ' priv = "%s" priv-password-file = "%s" }\nsender "q%d" { profile = "q%d" engine-id = "%s" }\n'
               % (number, number, "SHA-1" if a == "SHA" else a, auth, "AES-128" if x == "AES" else x, priv, number, number, ENGINE))
collector.configure(config)
collector.start()
HERE, HERE6 = "127.0.0.1:%d" % collector.ports[0], "udp6:[::1]:%d" % collector.ports[1]
sent = 0


def newest():
    names = "id version inform severity why source origin device security context name uptime pdu raw".split()
    rows = collector.rows("SELECT %s FROM notification ORDER BY id DESC LIMIT 1" % ", ".join(names))
    return dict(zip(names, rows[0])) if rows else {}


def check(what, program, arguments, target=HERE, **wanted):
    """Send, wait for the row, compare what is named."""
    global sent
    before = collector.count()
    result = send(program, *arguments[:-1], target, *arguments[-1])
    sent += 1
    if not ok(wait(lambda: collector.count() > before, 10), what + " arrives", result.stderr, collector.log()):
        return
    row = newest()
    ok(result.returncode == 0, what + " is answered" if program == "snmpinform" else what + " is sent", result.stderr)
    wrong = ["%s: got %r, wanted %r" % (k, row.get(k), v) for k, v in wanted.items()
             if (v not in (row.get(k) or b"") if k == "has" else row.get(k) != v) and k != "has"]
    if "has" in wanted and wanted["has"] not in ((row["pdu"] or b"") + (row["raw"] or b"")):
        wrong.append("varbinds differ: %s" % ((row["pdu"] or row["raw"]).hex(),))
    ok(not wrong, what + " as sent", *wrong)
    equal(collector.count(), before + 1, what + " is one row")


DOWN = oid(LINK_DOWN)[2:]
for inform in (False, True):
    program = "snmpinform" if inform else "snmptrap"
    kind = "inform" if inform else "trap"
    tail = ["4711", LINK_DOWN] + VALUES
    common = dict(inform=int(inform), uptime=4711, name=DOWN, has=BER, severity=5, why="standard: linkDown")
    check("v2c " + kind, program, ["-v", "2c", "-c", "not-to-be-kept", tail], version=2, security=None,
          origin="127.0.0.1", **common)
    check("v2c %s over IPv6" % kind, program, ["-v", "2c", "-c", "not-to-be-kept", tail], target=HERE6, version=2,
          origin="::1", **common)
    for level, keys in LEVELS.items():
        check("v3 %s %s" % (level, kind), program,
              ["-v", "3", "-e", ENGINE, "-u", "u-" + level, "-l", level, "-n", "ctx"] + keys + [tail]
              if not inform else ["-v", "3", "-u", "u-" + level, "-l", level, "-n", "ctx"] + keys + [tail],
              version=3, security="u-" + level, context="ctx", **common)
    for number, (a, x) in enumerate(PROTOCOLS):
        check("v3 %s/%s %s" % (a, x, kind), program,
              ["-v", "3"] + ([] if inform else ["-e", ENGINE]) +
              ["-u", "q%d" % number, "-l", "authPriv", "-a", a, "-A", AUTH, "-x", x, "-X", PRIV, tail],
              version=3, security="q%d" % number, **common)

check("v1 generic trap", "snmptrap",
      ["-v", "1", "-c", "not-to-be-kept", ["1.3.6.1.4.1.9", "10.9.8.7", "2", "0", "4711"] + VALUES], version=1, inform=0,
      uptime=4711, name=DOWN, origin="10.9.8.7", device="core-sw-01", has=BER, severity=5)
check("v1 specific trap", "snmptrap",
      ["-v", "1", "-c", "x", ["1.3.6.1.4.1.9.1", "10.9.8.8", "6", "4242", "55", "1.3.6.1.4.1.9.2", "s", "Fan FAILED"]],
      version=1, uptime=55, name=oid("1.3.6.1.4.1.9.1.0.4242")[2:], origin="10.9.8.8", device=None, severity=4,
      why="words: FAILED".lower())
check("v2c with snmpTrapAddress", "snmptrap",
      ["-v", "2c", "-c", "x", ["1", "1.3.6.1.4.1.5", "1.3.6.1.6.3.18.1.3.0", "a", "10.9.8.7"]], origin="10.9.8.7",
      device="core-sw-01", severity=1, why="no telling word")

ok(collector.settled(sent), "the ledger has them all", collector.ledger())
ledger = collector.ledger()
equal(ledger["stored"], sent, "stored as many as were sent")
equal(ledger["rejected"] + ledger["malformed"] + ledger["duplicate"] + ledger["lost_overflow"], 0, "nothing else")
ok(ledger["protocol"] > 0, "discovery by senders of informs is protocol, not a reject")
ok(wait(lambda: collector.ledger()["informs_answered"] == 10), "ten informs answered", collector.ledger())
with open(collector.store, "rb") as f:
    octets = f.read()
for secret in (b"not-to-be-kept", AUTH.encode(), PRIV.encode()):
    ok(secret not in octets, "the store does not hold %r" % secret)
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
