"""npm.py MODULES: a second sender that shares no code with net-snmp, npm's package of that name, in the folder of modules
named: every version and level, traps and informs, each field as it was sent."""
import json
from collector import *

if len(sys.argv) < 2:
    skip_all("the folder with npm's net-snmp is the argument; .ci/run gives it")
AUTH, PRIV, ENGINE = "authpassword", "privpassword", "8000000001020304"
USERS = [("noAuthNoPriv", None, None), ("authNoPriv", "md5", None), ("authNoPriv", "sha", None), ("authNoPriv", "sha224", None),
         ("authNoPriv", "sha384", None), ("authPriv", "md5", "des"), ("authPriv", "sha", "aes"), ("authPriv", "sha256", "aes"),
         ("authPriv", "sha256", "aes256r"), ("authPriv", "sha512", "aes256b")]
NAMES = {"md5": "MD5", "sha": "SHA-1", "sha224": "SHA-224", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512",
         "des": "DES", "aes": "AES-128", "aes256b": "AES-256", "aes256r": "AES-256-C"}
collector = Collector(listen=("udp:127.0.0.1:0", "udp6:[::1]:0"))
auth, priv = collector.secret("auth", AUTH), collector.secret("priv", PRIV)
config = 'device "core-sw-01" { address = "10.9.8.7" }\n'
for i, (level, a, p) in enumerate(USERS):
    config += 'profile "p%d" { version = "3" user = "u%d" level = "%s"\n' % (i, i, level)
    config += ' auth = "%s" auth-password-file = "%s"\n' % (NAMES[a], auth) if a else ""
    config += ' priv = "%s" priv-password-file = "%s"\n' % (NAMES[p], priv) if p else ""
    config += '}\nsender "s%d" { profile = "p%d" engine-id = "0x%s" }\n' % (i, i, ENGINE)
collector.configure(config)
collector.start()
node = subprocess.Popen(["node", "--openssl-legacy-provider", SOURCE + "/tests/intake/npm-sender.js", os.path.abspath(sys.argv[1])], stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, text=True)
atexit.register(lambda: (node.kill(), node.wait()))
VALUES = [["1.3.6.1.2.1.2.2.1.1.3", "Integer", -7], ["1.3.6.1.2.1.2.2.1.2.3", "OctetString", "eth3"],
          ["1.3.6.1.2.1.2.2.1.10.3", "Counter", 4294967295], ["1.3.6.1.2.1.2.2.1.5.3", "Gauge", 4294967295],
          ["1.3.6.1.2.1.4.20.1.1.1", "IpAddress", "192.0.2.9"], ["1.3.6.1.2.1.2.2.1.9.3", "TimeTicks", 12345],
          ["1.3.6.1.2.1.1.2.0", "OID", "1.3.6.1.4.1.9.2147483647"],
          ["1.3.6.1.2.1.31.1.1.1.6.3", "Counter64", "7ffffffffffffffe"]]
BER = [varbind("1.3.6.1.2.1.2.2.1.1.3", integer(-7)), varbind("1.3.6.1.2.1.2.2.1.2.3", tlv(4, b"eth3")),
       varbind("1.3.6.1.2.1.2.2.1.10.3", integer(4294967295, 0x41)), varbind("1.3.6.1.2.1.2.2.1.5.3", integer(4294967295, 0x42)),
       varbind("1.3.6.1.2.1.4.20.1.1.1", tlv(0x40, bytes([192, 0, 2, 9]))), varbind("1.3.6.1.2.1.2.2.1.9.3", integer(12345, 0x43)),
       varbind("1.3.6.1.2.1.1.2.0", oid("1.3.6.1.4.1.9.2147483647")),
       varbind("1.3.6.1.2.1.31.1.1.1.6.3", integer(0x7ffffffffffffffe, 0x46))]
sent = 0


def check(what, case, **wanted):
    global sent
    n = 7 if case["version"] == 1 else 8
    case = dict({"name": LINK_DOWN, "inform": False, "six": False, "values": VALUES[:n]}, **case)
    case["port"] = collector.ports[case["six"]]
    before = collector.count()
    node.stdin.write(json.dumps(case) + "\n")
    node.stdin.flush()
    said = json.loads(node.stdout.readline() or '{"error": "node ended"}')
    sent += 1
    equal(said["error"], None, what + (" is answered" if case["inform"] else " is sent"))
    if not ok(wait(lambda: collector.count() == before + 1), what + " arrives", collector.ledger(), collector.log()[-500:]):
        return
    names = "version inform uptime severity security context origin device name raw pdu".split()
    row = dict(zip(names, collector.rows("SELECT %s FROM notification ORDER BY id DESC LIMIT 1" % ", ".join(names))[0]))
    missing = [VALUES[i] for i in range(n) if BER[i] not in (row["pdu"] or row["raw"])]
    equal(missing, [], what + ": every value as sent")
    wanted = dict({"version": case["version"], "inform": int(case["inform"]), "name": oid(LINK_DOWN)[2:]}, **wanted)
    if not case["inform"]:
        wanted["uptime"] = 4711
    equal({k: row[k] for k in wanted}, wanted, what + ": every field as sent")


check("v1 generic trap", {"version": 1, "generic": 2}, origin="10.9.8.7", device="core-sw-01", security=None)
check("v1 specific trap", {"version": 1, "name": "1.3.6.1.4.1.9.1.4242"}, name=oid("1.3.6.1.4.1.9.1.0.4242")[2:], origin="10.9.8.7")
for inform in (False, True):
    for six in (False, True):
        check("v2c %s%s" % ("inform" if inform else "trap", " over IPv6" if six else ""), {"version": 2, "inform": inform, "six": six},
              origin="::1" if six else "127.0.0.1", security=None)
    for i, (level, a, p) in enumerate(USERS):
        check("v3 %s %s/%s" % ("inform" if inform else "trap", a, p),
              dict({"version": 3, "inform": inform, "user": "u%d" % i, "level": level}, **{k: v for k, v in dict(
                  auth=a, authKey=a and AUTH, priv=p, privKey=p and PRIV, engine=None if inform else ENGINE).items() if v}),
              security="u%d" % i, context="ctx" if inform else None)  # it puts none into traps
ok(collector.settled(sent), "the ledger adds up", collector.ledger())
equal(collector.ledger()["stored"], sent, "stored as many as were sent")
equal(collector.ledger()["rejected"] + collector.ledger()["malformed"], 0, "nothing was turned away")
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
