"""Who a notification is from: the device by its address, by one of its aliases, by its name once that is resolved; the origin
by the agent address of v1 and by snmpTrapAddress, and the forwarder beside it."""
from collector import *

collector = Collector(listen=("udp:127.0.0.1:0", "udp6:[::1]:0"), config="""
device "core-1" { address = "192.0.2.7:1161" aliases = { "127.0.0.5", "10.1.1.1", "2001:db8::7" } }
device "by-name" { address = "udp:localhost:1161" }
device "six" { address = "udp6:[2001:db8::8]:161" }
device "lost" { address = "no-such-host.invalid" }
""")
collector.start()
ADDRESS = "1.3.6.1.6.3.18.1.3.0"


def newest():
    rows = collector.rows("SELECT device, coalesce(origin, source), source FROM notification ORDER BY id DESC LIMIT 1")
    return rows[0] if rows else (None, None, None)


def notify(source, more=b"", octets=None):
    """From that address; what was kept: device, origin, the address it came from."""
    notify.id = getattr(notify, "id", 0) + 1
    six = ":" in source
    s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    before = collector.count()
    s.sendto(octets or v2c(notify.id, more=more), ("::1" if six else "127.0.0.1", collector.ports[six]))
    s.close()
    wait(lambda: collector.count() == before + 1)
    device, origin, came = newest()
    return device, origin, came.rsplit(":", 1)[0].strip("[]")


def v1(agent):
    pdu = tlv(0xa4, oid("1.3.6.1.4.1.9") + tlv(0x40, bytes(map(int, agent.split(".")))) + integer(2) + integer(0) + integer(9, 0x43) +
              tlv(0x30, b""))
    return tlv(0x30, integer(0) + tlv(4, b"public") + pdu)


def address(text):
    return varbind(ADDRESS, tlv(0x40, bytes(map(int, text.split(".")))))


ok(wait(lambda: notify("127.0.0.1")[0] == "by-name"), "a device by its name, resolved meanwhile", newest(), collector.log())
if any(row[4][0] == "::1" for row in socket.getaddrinfo("localhost", None)):
    equal(notify("::1"), ("by-name", "::1", "::1"), "and by each of its addresses")
ok(wait(lambda: re.search("notifications of lost are shown by address: .*no-such-host.invalid", collector.log())),
   "a name that cannot be resolved is told", collector.log())
equal(notify("127.0.0.5"), ("core-1", "127.0.0.5", "127.0.0.5"), "by an alias")
equal(notify("127.0.0.9"), (None, "127.0.0.9", "127.0.0.9"), "one that nobody knows")
equal(notify("127.0.0.9", address("10.1.1.1")), ("core-1", "10.1.1.1", "127.0.0.9"), "forwarded: snmpTrapAddress is an alias")
equal(notify("127.0.0.9", address("192.0.2.7")), ("core-1", "192.0.2.7", "127.0.0.9"), "forwarded: snmpTrapAddress is its address")
equal(notify("127.0.0.9", address("0.0.0.0")), (None, "127.0.0.9", "127.0.0.9"), "snmpTrapAddress 0.0.0.0 is none")
equal(notify("127.0.0.9", octets=v1("10.1.1.1")), ("core-1", "10.1.1.1", "127.0.0.9"), "v1: the agent address is an alias")
equal(notify("127.0.0.5", octets=v1("0.0.0.0")), ("core-1", "127.0.0.5", "127.0.0.5"), "v1: the agent address 0.0.0.0 is none")
equal(notify("127.0.0.5", octets=v1("172.16.0.1")), ("core-1", "172.16.0.1", "127.0.0.5"),
      "v1: an agent address that nobody knows, of a device behind NAT")

# Aliases are read again with the settings.
collector.configure('device "other" { address = "192.0.2.8" aliases = { "127.0.0.5" } }')
collector.process.send_signal(signal.SIGHUP)
ok(wait(lambda: notify("127.0.0.5")[0] == "other"), "an alias of another device, after SIGHUP", newest(), collector.log())
collector.configure('device "other" { address = "192.0.2.8" aliases = { "127.0.0.555" } }')
result = subprocess.run([BUILD + "/traplined", "--config", collector.conf, "--check-config"], env=collector.environment,
                        capture_output=True, text=True, timeout=20)
ok(result.returncode == 2 and "127.0.0.555" in result.stderr and "is not an address" in result.stderr, "what is no address is refused",
   result.stderr)
ok(wait(collector.adds_up), "the ledger adds up", collector.ledger())
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
