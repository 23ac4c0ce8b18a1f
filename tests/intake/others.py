"""A sender that shares no code with net-snmp: pysnmp, every version, traps and informs, as it sends them."""
from collector import *

try:
    from pysnmp.hlapi import *
except ImportError:
    ok(False, "pysnmp is needed (Debian: python3-pysnmp4)")
    done()

ENGINE = "8000000001020304"
AUTH, PRIV = "authpassword", "privpassword"
PROTOCOLS = [("SHA-256", "AES-128", usmHMAC192SHA256AuthProtocol, usmAesCfb128Protocol),
             ("MD5", "DES", usmHMACMD5AuthProtocol, usmDESPrivProtocol),
             ("SHA-512", "AES-256", usmHMAC384SHA512AuthProtocol, usmAesCfb256BlumenthalProtocol
              if "usmAesCfb256BlumenthalProtocol" in dir() else None),
             ("SHA-1", None, usmHMACSHAAuthProtocol, usmNoPrivProtocol), (None, None, usmNoAuthProtocol, usmNoPrivProtocol)]
collector = Collector(listen=("udp:127.0.0.1:0", "udp6:[::1]:0"))
auth, priv = collector.secret("auth", AUTH), collector.secret("priv", PRIV)
config = ""
for i, (a, p, _, _) in enumerate(PROTOCOLS):
    config += 'profile "p%d" { version = "3" user = "u%d"\n' % (i, i)
    config += ' auth = "%s" auth-password-file = "%s"\n' % (a, auth) if a else ""
    config += ' priv = "%s" priv-password-file = "%s"\n' % (p, priv) if p else ""
    config += '}\nsender "s%d" { profile = "p%d" engine-id = "0x%s" }\n' % (i, i, ENGINE)
collector.configure(config)
collector.start()
VALUES = [("1.3.6.1.2.1.2.2.1.1.3", Integer32(-7)), ("1.3.6.1.2.1.2.2.1.2.3", OctetString("eth3")),
          ("1.3.6.1.2.1.2.2.1.10.3", Counter32(4294967295)), ("1.3.6.1.2.1.4.20.1.1.1", IpAddress("192.0.2.9")),
          ("1.3.6.1.2.1.31.1.1.1.6.3", Counter64(18446744073709551615)), ("1.3.6.1.2.1.2.2.1.5.3", Gauge32(4294967295)),
          ("1.3.6.1.2.1.1.2.0", ObjectIdentifier("1.3.6.1.4.1.9.4294967295"))]
BER = [varbind("1.3.6.1.2.1.2.2.1.1.3", integer(-7)), varbind("1.3.6.1.2.1.2.2.1.2.3", tlv(4, b"eth3")),
       varbind("1.3.6.1.2.1.2.2.1.10.3", integer(4294967295, 0x41)),
       varbind("1.3.6.1.2.1.4.20.1.1.1", tlv(0x40, bytes([192, 0, 2, 9]))),
       varbind("1.3.6.1.2.1.31.1.1.1.6.3", integer(18446744073709551615, 0x46)),
       varbind("1.3.6.1.2.1.2.2.1.5.3", integer(4294967295, 0x42)),
       varbind("1.3.6.1.2.1.1.2.0", oid("1.3.6.1.4.1.9.4294967295"))]


def notify(who, kind, six=False, engine=None):
    target = Udp6TransportTarget(("::1", collector.ports[1]), timeout=5, retries=3) if six else \
        UdpTransportTarget(("127.0.0.1", collector.ports[0]), timeout=5, retries=3)
    note = NotificationType(ObjectIdentity(LINK_DOWN)).addVarBinds(*VALUES)
    return next(sendNotification(engine or SnmpEngine(), who, target, ContextData(contextName=b"ctx" if isinstance(who, UsmUserData) else b""), kind,
                                 note))


def check(what, who, kind, six=False, engine=None, **wanted):
    before = collector.count()
    error, status, _, _ = notify(who, kind, six, engine)
    ok(not error and not status, what + (" is answered" if kind == "inform" else " is sent"), error, status)
    if not ok(wait(lambda: collector.count() == before + 1), what + " arrives", collector.ledger()):
        return
    names = "version inform severity security context origin name raw pdu".split()
    row = dict(zip(names, collector.rows("SELECT %s FROM notification ORDER BY id DESC LIMIT 1" % ", ".join(names))[0]))
    octets = row["pdu"] or row["raw"]
    ok(all(b in octets for b in BER[:4] + BER[5:]) and (BER[4] in octets or wanted["version"] == 1),
       what + ": every value as sent", octets.hex())
    wanted.update(inform=int(kind == "inform"), name=oid(LINK_DOWN)[2:], severity=5)
    equal({k: row[k] for k in wanted}, wanted, what + ": every field as sent")


VALUES4 = VALUES[4]
VALUES.pop(4)  # v1 has no Counter64
check("v1 trap", CommunityData("not-kept", mpModel=0), "trap", version=1, security=None)
VALUES.insert(4, VALUES4)
for six in (False, True):
    for kind in ("trap", "inform"):
        check("v2c %s%s" % (kind, " over IPv6" if six else ""), CommunityData("not-kept", mpModel=1), kind, six, version=2,
              security=None, origin="::1" if six else "127.0.0.1")
for i, (a, p, pa, pp) in enumerate(PROTOCOLS):
    if pp is None:
        continue
    who = lambda: UsmUserData("u%d" % i, *([AUTH] if a else []), **dict({"privKey": PRIV} if p else {}, authProtocol=pa,
                                                                      privProtocol=pp))
    what = "v3 %%s %s/%s" % (a, p)
    check(what % "trap", who(), "trap", engine=SnmpEngine(OctetString(hexValue=ENGINE)), version=3, security="u%d" % i,
          context="ctx")
    check(what % "inform", who(), "inform", version=3, security="u%d" % i, context="ctx")
ok(wait(lambda: collector.ledger()["waiting"] == 0 and collector.adds_up()), "the ledger adds up", collector.ledger())
equal(collector.ledger()["rejected"] + collector.ledger()["malformed"], 0, "nothing was turned away")
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
