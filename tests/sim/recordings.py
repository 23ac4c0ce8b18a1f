#!/usr/bin/python3
"""Recordings of invented devices, with life in their counters: recordings.py DIRECTORY [--rows N] [NAME]...

Names: switch router ups host printer pdu. The same every time. --rows is how many interfaces the switch has (1000)."""
import os
import random
import sys

INTEGER, OCTETS, OID, ADDRESS, COUNTER, GAUGE, TICKS, COUNTER64 = 2, 4, 6, 64, 65, 66, 67, 70
SYSTEM, MIB2 = "1.3.6.1.2.1.1", "1.3.6.1.2.1"


class Recording:
    def __init__(self, seed):
        self.lines = []
        self.chance = random.Random(seed)

    def put(self, name, tag, value=""):
        if isinstance(value, bytes):
            value, form = value.hex(), "x"
        else:
            form = ""
        self.lines.append((tuple(int(a) for a in name.split(".")), f"{tag}{form}", str(value)))

    def moves(self, name, tag, initial, rate, **more):
        words = [f"initial={initial}", f"rate={rate}"] + [f"{k}={v}" for k, v in more.items()]
        self.lines.append((tuple(int(a) for a in name.split(".")), f"{tag}:numeric", ",".join(words)))

    def sways(self, name, middle, by, tag=INTEGER, minutes=10):
        self.moves(name, tag, middle, round(6.2832 / 60 / minutes, 6), scale=by, function="sin", deviation=by / 10)

    def system(self, name, descr, oid, where, services=72, days=100):
        ticks = days * 8640000 + self.chance.randrange(8640000)
        for arc, tag, value in ((1, OCTETS, descr), (2, OID, oid), (3, TICKS, ticks), (4, OCTETS, "noc@example.net"),
                                (5, OCTETS, name), (6, OCTETS, where), (7, INTEGER, services), (8, TICKS, 0)):
            self.put(f"{SYSTEM}.{arc}.0", tag, value)
        self.ticks = ticks

    def write(self, path):
        self.lines.sort()
        with open(path, "w", encoding="utf-8") as out:
            out.write("# Invented by tests/sim/recordings.py: no such device exists.\n")
            for name, tag, value in self.lines:
                out.write(f"{'.'.join(map(str, name))}|{tag}|{value}\n")


def interface(r, index, name, alias, mbits, mac, up=True, kind=6, load=0.1):
    """A row of ifTable, all 22 columns, and of ifXTable."""
    entry, more = f"{MIB2}.2.2.1", f"{MIB2}.31.1.1.1"
    rate = int(mbits * 125000 * load * r.chance.random()) if up else 0
    back = int(rate * (0.3 + r.chance.random()))
    packets, errors = rate // 700, 0.01 if up and r.chance.random() < 0.03 else 0
    started = r.chance.randrange(2**33, 2**44) if up else 0
    changed = r.chance.randrange(1, r.ticks)
    for column, tag, value in (
            (1, INTEGER, index), (2, OCTETS, name), (3, INTEGER, kind), (4, INTEGER, 1500 if kind == 6 else 65535),
            (5, GAUGE, min(mbits * 1000000, 4294967295)), (6, OCTETS, mac), (7, INTEGER, 1 if up or index % 5 else 2),
            (8, INTEGER, 1 if up else 2), (9, TICKS, changed), (21, GAUGE, 0), (22, OID, "0.0")):
        r.put(f"{entry}.{column}.{index}", tag, value)
    for column, initial, speed in ((10, started % 2**32, rate), (11, started // 900 % 2**32, packets), (12, 4711, 0.02),
                                   (13, 0, 0), (14, index % 7, errors), (15, 0, 0), (16, started // 3 % 2**32, back),
                                   (17, started // 2100 % 2**32, back // 800), (18, 90210, 0.3),
                                   (19, index % 3, errors / 2), (20, 0, 0)):
        r.moves(f"{entry}.{column}.{index}", COUNTER, initial, speed)
    for column, tag, value in ((1, OCTETS, name), (14, INTEGER, 1), (15, GAUGE, mbits), (16, INTEGER, 2),
                               (17, INTEGER, 1), (18, OCTETS, alias), (19, TICKS, 0)):
        r.put(f"{more}.{column}.{index}", tag, value)
    for column, tag, initial, speed in (
            (2, COUNTER, 300, 0.1), (3, COUNTER, 40, 0.02), (4, COUNTER, 900, 0.2), (5, COUNTER, 120, 0.05),
            (6, COUNTER64, started, rate), (7, COUNTER64, started // 900, packets), (8, COUNTER64, 4000, 0.1),
            (9, COUNTER64, 711, 0.02), (10, COUNTER64, started // 3, back), (11, COUNTER64, started // 2100, back // 800),
            (12, COUNTER64, 90000, 0.2), (13, COUNTER64, 210, 0.1)):
        r.moves(f"{more}.{column}.{index}", tag, initial, speed)


def part(r, index, descr, inside, kind, position, name, serial="", model=""):
    entry = f"{MIB2}.47.1.1.1.1"
    for column, tag, value in ((2, OCTETS, descr), (3, OID, "0.0"), (4, INTEGER, inside), (5, INTEGER, kind),
                               (6, INTEGER, position), (7, OCTETS, name), (8, OCTETS, "B"), (9, OCTETS, ""),
                               (10, OCTETS, "4.2.1" if serial else ""), (11, OCTETS, serial),
                               (12, OCTETS, "Example Networks"), (13, OCTETS, model), (16, INTEGER, 1 if model else 2)):
        r.put(f"{entry}.{column}.{index}", tag, value)


def sensor(r, index, kind, scale, precision, middle, by, units):
    entry = f"{MIB2}.99.1.1.1"
    for column, value in ((1, kind), (2, scale), (3, precision), (5, 1), (8, 0)):
        r.put(f"{entry}.{column}.{index}", TICKS if column == 8 else INTEGER, value)
    r.put(f"{entry}.6.{index}", OCTETS, units)
    r.put(f"{entry}.7.{index}", TICKS, 12345)
    r.sways(f"{entry}.4.{index}", middle, by)


def address(r, text, index, mask):
    entry = f"{MIB2}.4.20.1"
    for column, tag, value in ((1, ADDRESS, text), (2, INTEGER, index), (3, ADDRESS, mask), (4, INTEGER, 1)):
        r.put(f"{entry}.{column}.{text}", tag, value)


def switch(rows):
    r = Recording(1)
    r.system("core-sw-01", "Example Networks ES-4800 stackable switch, software 4.2.1", "1.3.6.1.4.1.32473.1.1",
             "Rack 4, machine room", 6, 213)
    r.put(f"{MIB2}.2.1.0", INTEGER, rows)
    people = ("vmhost", "nas", "ap-floor", "desk", "camera", "voice-gw", "printer", "door-ctl", "badge", "lab")
    for i in range(1, rows + 1):
        mac = bytes((0x02, 0x1b, 0x54, 0xaa, i >> 8, i & 255))
        unit, port = (i - 1) // 52 + 1, (i - 1) % 52 + 1
        fast = port > 48
        up = r.chance.random() < 0.7
        interface(r, i, f"{'Te' if fast else 'Gi'}{unit}/0/{port}",
                  f"uplink dist-{'abcd'[port % 4]}" if fast else f"{r.chance.choice(people)}-{i:02d}" if up else "",
                  10000 if fast else 1000, mac, up, load=0.6 if fast else 0.2)
    r.put(f"{MIB2}.31.1.5.0", TICKS, 1234567)
    r.put(f"{MIB2}.31.1.6.0", TICKS, 0)
    r.put(f"{MIB2}.17.1.1.0", OCTETS, bytes.fromhex("021b54aa0100"))
    r.put(f"{MIB2}.17.1.2.0", INTEGER, rows)
    r.put(f"{MIB2}.17.1.3.0", INTEGER, 2)
    for i in range(1, rows + 1):
        for column, tag, value in ((1, INTEGER, i), (2, INTEGER, i), (3, OID, "0.0"), (4, COUNTER, 0), (5, COUNTER, 0)):
            r.put(f"{MIB2}.17.1.4.1.{column}.{i}", tag, value)
    for i in range(40):
        mac = ".".join(str(a) for a in (2, 0, 94, 16, i, r.chance.randrange(256)))
        r.put(f"{MIB2}.17.4.3.1.1.{mac}", OCTETS, bytes(int(a) for a in mac.split(".")))
        r.put(f"{MIB2}.17.4.3.1.2.{mac}", INTEGER, 1 + i % 48)
        r.put(f"{MIB2}.17.4.3.1.3.{mac}", INTEGER, 3)
    part(r, 1, "Stack", 0, 3, -1, "core-sw-01", "EX2609A0001", "ES-4800")
    for unit in range(1, 3):
        part(r, 10 * unit, f"Unit {unit}", 1, 9, unit, f"unit {unit}", f"EX2609A{unit:04d}", "ES-4852")
        part(r, 10 * unit + 1, "Inlet temperature", 10 * unit, 8, 1, f"unit {unit} inlet")
        part(r, 10 * unit + 2, "Fan", 10 * unit, 7, 1, f"unit {unit} fan")
        part(r, 10 * unit + 3, "Fan speed", 10 * unit + 2, 8, 1, f"unit {unit} fan speed")
        sensor(r, 10 * unit + 1, 8, 9, 1, 315 + unit, 20, "degrees Celsius")
        sensor(r, 10 * unit + 3, 10, 9, 0, 5400, 200, "rpm")
    address(r, "192.0.2.1", 1, "255.255.255.0")
    return r


def router(_):
    r = Recording(2)
    r.system("edge-rt-01", "Example Networks ER-9 router, software 9.1.0", "1.3.6.1.4.1.32473.1.2", "Paris 2", 78, 411)
    names = [("xe-0/0/0", "transit A", 10000), ("xe-0/0/1", "transit B", 10000), ("ge-0/1/0", "core-sw-01", 1000),
             ("ge-0/1/1", "dmz", 1000), ("lo0", "router id", 0), ("tun0", "to site 12", 0)]
    r.put(f"{MIB2}.2.1.0", INTEGER, len(names))
    for i, (name, alias, mbits) in enumerate(names, 1):
        interface(r, i, name, alias, mbits, bytes((2, 9, 9, 0, 0, i)) if mbits else b"", True,
                  24 if name == "lo0" else 131 if name == "tun0" else 6, 0.5)
    for i in range(1, 7):
        address(r, f"198.51.100.{i}", i, "255.255.255.252")
    # inetCidrRouteTable: InetAddressType, InetAddress, prefix length, policy, next hop.
    route = f"{MIB2}.4.24.7.1"
    for i in range(60):
        if i % 5 == 4:
            net = "2.16." + ".".join(str(a) for a in (0x20, 1, 0x0d, 0xb8, 0, i) + (0,) * 10)
            hop = "2.16." + ".".join(str(a) for a in (0xfe, 0x80) + (0,) * 13 + (1,))
            length = 48
        else:
            net, hop, length = f"1.4.203.0.113.{4 * i}", "1.4.198.51.100.2", 30
        index = f"{net}.{length}.2.0.0.{hop}"
        for column, tag, value in ((7, INTEGER, 1 + i % 2), (8, INTEGER, 4), (9, INTEGER, 14), (10, GAUGE, 3600 + i),
                                   (11, GAUGE, 64496), (12, INTEGER, 10), (17, INTEGER, 1)):
            r.put(f"{route}.{column}.{index}", tag, value)
    for i, peer in enumerate(("198.51.100.2", "198.51.100.6")):
        entry = f"{MIB2}.15.3.1"
        for column, tag, value in ((1, ADDRESS, f"192.0.2.{i + 7}"), (2, INTEGER, 6 - 5 * i), (3, INTEGER, 2),
                                   (4, INTEGER, 4), (5, ADDRESS, "198.51.100.1"), (7, ADDRESS, peer), (9, INTEGER, 64500 + i)):
            r.put(f"{entry}.{column}.{peer}", tag, value)
        r.moves(f"{entry}.16.{peer}", GAUGE, 86400, 1)
    return r


def ups(_):
    r = Recording(3)
    r.system("ups-room-4", "Example Power EP-6000, card 2.7", "1.3.6.1.4.1.32473.2.1", "Rack 1, machine room", 72, 31)
    interface(r, 1, "eth0", "management", 100, bytes((2, 4, 4, 4, 4, 4)), True, 6, 0.001)
    r.put(f"{MIB2}.2.1.0", INTEGER, 1)
    base = f"{MIB2}.33.1"
    for name, tag, value in (("1.1.0", OCTETS, "Example Power"), ("1.2.0", OCTETS, "EP-6000"), ("1.3.0", OCTETS, "07.1"),
                             ("1.4.0", OCTETS, "card 2.7"), ("1.5.0", OCTETS, "ups-room-4"), ("1.6.0", OCTETS, "rack 1"),
                             ("2.1.0", INTEGER, 2), ("2.2.0", INTEGER, 0), ("3.1.0", COUNTER, 3), ("3.2.0", INTEGER, 1),
                             ("4.1.0", INTEGER, 3), ("4.3.0", INTEGER, 1), ("6.1.0", GAUGE, 0), ("7.1.0", OID, f"{base}.7.7.1"),
                             ("8.1.0", INTEGER, 1), ("8.2.0", INTEGER, -1), ("8.3.0", INTEGER, -1), ("9.1.0", INTEGER, 230),
                             ("9.2.0", INTEGER, 500), ("9.3.0", INTEGER, 230), ("9.7.0", INTEGER, 10), ("9.8.0", INTEGER, 2)):
        r.put(f"{base}.{name}", tag, value)
    for name, middle, by in (("2.3.0", 42, 3), ("2.4.0", 97, 2), ("2.5.0", 2210, 8), ("2.6.0", 4, 3), ("2.7.0", 24, 2),
                             ("3.3.1.2.1", 500, 2), ("3.3.1.3.1", 231, 4), ("3.3.1.4.1", 52, 6), ("3.3.1.5.1", 1180, 90),
                             ("4.2.0", 500, 1), ("4.4.1.2.1", 230, 2), ("4.4.1.3.1", 51, 6), ("4.4.1.4.1", 1150, 90),
                             ("4.4.1.5.1", 34, 5)):
        r.sways(f"{base}.{name}", middle, by)
    return r


def host(_):
    r = Recording(4)
    r.system("db-07", "Linux db-07 6.1.0-28-amd64 #1 SMP Debian", "1.3.6.1.4.1.8072.3.2.10", "Hall B", 72, 58)
    for i, (name, mbits) in enumerate((("lo", 10), ("eno1", 10000), ("eno2", 10000), ("bond0", 20000)), 1):
        interface(r, i, name, "", mbits, bytes((2, 7, 7, 7, 7, i)) if i > 1 else b"", True, 24 if i == 1 else 6, 0.3)
    r.put(f"{MIB2}.2.1.0", INTEGER, 4)
    base = f"{MIB2}.25"
    r.put(f"{base}.1.1.0", TICKS, r.ticks)
    r.put(f"{base}.1.2.0", OCTETS, bytes((0x07, 0xea, 11, 24, 8, 30, 0, 0, 0x2b, 1, 0)))
    r.put(f"{base}.1.3.0", INTEGER, 393216)
    r.put(f"{base}.1.4.0", OCTETS, "root=UUID=0 ro quiet")
    r.sways(f"{base}.1.5.0", 4, 3, GAUGE)
    r.sways(f"{base}.1.6.0", 231, 12, GAUGE)
    r.put(f"{base}.1.7.0", INTEGER, 0)
    r.put(f"{base}.2.2.0", INTEGER, 131072000)
    for i, (name, kind, unit, size, used) in enumerate((
            ("Physical memory", 2, 1024, 131072000, 0.71), ("Swap space", 3, 1024, 8388604, 0.02), ("/", 4, 4096, 12000000, 0.4),
            ("/var/lib/postgresql", 4, 4096, 488281250, 0.88), ("/srv/Sicherung für Größe", 4, 4096, 976562500, 0.3)), 1):
        entry = f"{base}.2.3.1"
        for column, tag, value in ((1, INTEGER, i), (2, OID, f"{base}.2.1.{kind}"), (3, OCTETS, name), (4, INTEGER, unit),
                                   (5, INTEGER, size)):
            r.put(f"{entry}.{column}.{i}", tag, value)
        r.sways(f"{entry}.6.{i}", int(size * used), int(size * used * 0.03))
    for i in range(1, 17):
        device = 196607 + i
        for column, tag, value in ((1, INTEGER, device), (2, OID, f"{base}.3.1.3"), (3, OCTETS, "Example CPU 3.0 GHz"),
                                   (4, OID, "0.0"), (5, INTEGER, 2)):
            r.put(f"{base}.3.2.1.{column}.{device}", tag, value)
        r.put(f"{base}.3.3.1.1.{device}", OID, "0.0")
        r.sways(f"{base}.3.3.1.2.{device}", 35 + i, 25, minutes=2 + i)
    for i in range(120):
        number = 1 + i * 37
        name = r.chance.choice(("postgres", "sshd", "systemd", "cron", "rsyslogd", "kworker"))
        for column, tag, value in ((1, INTEGER, number), (2, OCTETS, name), (3, OID, "0.0"), (4, OCTETS, f"/usr/bin/{name}"),
                                   (5, OCTETS, "-D" if i % 3 else ""), (6, INTEGER, 4), (7, INTEGER, 1 + i % 4 // 3)):
            r.put(f"{base}.4.2.1.{column}.{number}", tag, value)
        r.moves(f"{base}.5.1.1.1.{number}", INTEGER, i * 100, i % 9)
        r.sways(f"{base}.5.1.1.2.{number}", 20000 + i * 100, 500)
    for i, minutes in enumerate((1, 5, 15), 1):
        load = f"1.3.6.1.4.1.2021.10.1"
        r.put(f"{load}.1.{i}", INTEGER, i)
        r.put(f"{load}.2.{i}", OCTETS, f"Load-{minutes}")
        r.put(f"{load}.3.{i}", OCTETS, f"{4.1 - i / 2:.2f}")
        r.put(f"{load}.6.{i}", 68, f"Float: {4.1 - i / 2:.6f}")
    return r


def printer(_):
    r = Recording(5)
    r.system("printer-3f", "Example Print P-550dn, firmware 1.18", "1.3.6.1.4.1.32473.3.1", "3rd floor, kitchen", 64, 12)
    interface(r, 1, "Ethernet", "", 100, bytes((2, 5, 5, 5, 5, 5)), True, 6, 0.01)
    r.put(f"{MIB2}.2.1.0", INTEGER, 1)
    base = f"{MIB2}.25.3"
    for column, tag, value in ((1, INTEGER, 1), (2, OID, f"{base}.1.5"), (3, OCTETS, "Example Print P-550dn"), (4, OID, "0.0"),
                               (5, INTEGER, 3), (6, COUNTER, 2)):
        r.put(f"{base}.2.1.{column}.1", tag, value)
    r.put(f"{base}.5.1.1.1", INTEGER, 3)
    r.put(f"{base}.5.1.2.1", OCTETS, bytes((0x20, 0)))
    prt = f"{MIB2}.43"
    r.put(f"{prt}.5.1.1.16.1", OCTETS, "printer-3f")
    r.put(f"{prt}.5.1.1.17.1", OCTETS, "XP0550-77120")
    r.moves(f"{prt}.10.2.1.4.1.1", COUNTER, 48211, 0.05)
    for i, (name, most, level) in enumerate((("black toner", 12000, 2300), ("cyan toner", 9000, 6100), ("magenta toner", 9000, 410),
                                             ("yellow toner", 9000, 7700), ("waste toner", 40000, -3)), 1):
        for column, tag, value in ((2, INTEGER, 1), (3, INTEGER, i), (4, INTEGER, 4 if i == 5 else 3), (5, INTEGER, 3),
                                   (6, OCTETS, name), (7, INTEGER, 7), (8, INTEGER, most), (9, INTEGER, level)):
            r.put(f"{prt}.11.1.1.{column}.1.{i}", tag, value)
    for i, (name, most, level) in enumerate((("manual feed", 100, 0), ("tray 1", 550, 210), ("tray 2", 550, -3)), 1):
        for column, tag, value in ((9, INTEGER, most), (10, INTEGER, level), (13, OCTETS, name), (18, OCTETS, name)):
            r.put(f"{prt}.8.2.1.{column}.1.{i}", tag, value)
    for column, tag, value in ((2, INTEGER, 4), (3, INTEGER, 3), (4, INTEGER, 11), (5, INTEGER, 3), (7, INTEGER, 1104),
                               (8, OCTETS, "Magenta toner is low"), (9, TICKS, 40000)):
        r.put(f"{prt}.18.1.1.{column}.1.1", tag, value)
    return r


def pdu(_):
    r = Recording(6)
    r.system("pdu-a-01", "Example Power RPDU-24, firmware 3.0", "1.3.6.1.4.1.32473.2.2", "Rack 4, left", 72, 512)
    interface(r, 1, "eth0", "", 100, bytes((2, 6, 6, 6, 6, 6)), True, 6, 0.001)
    r.put(f"{MIB2}.2.1.0", INTEGER, 1)
    part(r, 1, "Rack PDU, 24 outlets", 0, 3, -1, "pdu-a-01", "EP24-000911", "RPDU-24")
    for i in range(1, 25):
        part(r, 100 + i, f"Outlet {i}", 1, 10, i, f"outlet {i}")
        part(r, 200 + i, f"Outlet {i} power", 100 + i, 8, 1, f"outlet {i} power")
        sensor(r, 200 + i, 6, 9, 0, 40 + 9 * i, 10, "watts")
    part(r, 300, "Inlet current", 1, 8, 1, "inlet current")
    sensor(r, 300, 5, 8, 0, 14200, 900, "milliamperes")
    return r


def main():
    arguments, rows = sys.argv[1:], 1000
    if "--rows" in arguments:
        at = arguments.index("--rows")
        rows = int(arguments[at + 1])
        del arguments[at:at + 2]
    if not arguments:
        sys.exit(__doc__)
    makers = {m.__name__: m for m in (switch, router, ups, host, printer, pdu)}
    os.makedirs(arguments[0], exist_ok=True)
    for name in arguments[1:] or makers:
        makers[name](rows).write(os.path.join(arguments[0], f"{name}.snmprec"))


if __name__ == "__main__":
    main()
