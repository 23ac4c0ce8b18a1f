#!/usr/bin/python3
"""corpus.py RECORDINGS [BUILD]: every recording, served by the simulator, walked by the engine and by snmpwalk.

What the engine reads must equal the recording value for value, over v2c with three sizes of reply, with loss,
reordering and duplicates, and what snmpbulkwalk reads; what `walk --format=snmpwalk` prints must equal what snmpwalk
-On prints, octet for octet. Prints TAP."""
import os
import re
import subprocess
import sys
import tempfile

CONDITIONS = [("as it is", "none", []), ("the smallest replies", "max-size={small}", []), ("large replies", "max-size=8000", []),
              ("1 % loss", "loss=1 delay=1ms", []),
              ("5 % loss, reordering, duplicates", "loss=5 reorder=5 duplicate=5 delay=1ms jitter=1ms", [])]
UNSIGNED = {"65", "66", "67", "71"}


def number(text, base=10):
    return int(text.strip() or "0", base)


def expected(path):
    """OID -> (tag, value), by a reader of our own; lines that make no sense are left out, as the simulator does."""
    found = {}
    with open(path, "rb") as lines:
        for line in lines:
            line = line.rstrip(b"\r\n").split(b"\r")[0]
            parts = line.split(b"|", 2)
            if len(parts) < 3 or line.startswith(b"#") or not re.fullmatch(rb"\.?\d+(\.\d+)+", parts[0]):
                continue
            name = tuple(int(a) for a in parts[0].strip(b".").split(b"."))
            tag, text = parts[1].decode("latin-1"), parts[2]
            form = tag[-1] if tag[-1:] in "xe" else ""
            tag = tag.rstrip("xe")
            if len(name) > 128 or name in found or max(name) > 0xffffffff or name[0] > 2 or (name[0] < 2 and name[1] > 39):
                continue
            value = read(tag, form, text)
            if value is not None:
                found[name] = value
    return found


def read(tag, form, text):
    try:
        if tag in ("2", "70") or tag in UNSIGNED:
            value = number(text.decode(), 16 if form else 10)
            if tag == "2":
                value = (value + 2**31) % 2**32 - 2**31
            elif tag in UNSIGNED:
                value %= 2**32
            return ("66" if tag == "71" else tag, str(value))
        if tag in ("4", "64", "68"):
            if tag == "64" and not form:
                raw = bytes(int(a) for a in text.decode().split("."))
            elif tag == "68" and text.startswith(b"Float: "):
                import struct
                raw = b"\x9f\x78\x04" + struct.pack(">f", float(text[7:]))
            else:
                raw = bytes.fromhex(text.decode()) if form == "x" else text
            return None if tag == "64" and len(raw) != 4 else (tag, raw.hex())
        if tag == "6":
            arcs = [int(a) for a in text.decode().strip(".").split(".")]
            good = len(arcs) >= 2 and max(arcs) < 2**32 and (arcs[0] == 2 or (arcs[0] < 2 and arcs[1] < 40))
            return (tag, ".".join(map(str, arcs))) if good else None
        return ("5", "") if tag == "5" else None
    except ValueError:
        return None


def walked(lines):
    found, order = {}, []
    for line in lines.splitlines():
        name, tag, value = line.split("|", 2)
        name = tuple(int(a) for a in name.split("."))
        order.append(name)
        found[name] = (tag.rstrip("x"), value)
    return found, order


def netsnmp(text):
    """snmpwalk -Onxtte: OID -> (tag, value)."""
    kinds = {"INTEGER": "2", "Hex-STRING": "4", "STRING": "4", "OID": "6", "IpAddress": "64", "Counter32": "65", "Gauge32": "66",
             "Timeticks": "67", "Opaque": "68", "Counter64": "70", "BITS": "4"}
    found, name = {}, None
    for line in text.splitlines():
        if "No more variables left" in line:
            break
        match = re.match(r"\.([\d.]+) = (?:([A-Za-z0-9-]+): ?)?(.*)", line)
        if match:
            name = tuple(int(a) for a in match[1].split("."))
            found[name] = [match[2], match[3]]
        elif name is not None:
            found[name][1] += " " + line
    for name, (kind, value) in found.items():
        if kind is None:
            found[name] = ("4", "") if value == '""' else ("67", value) if value.isdigit() else ("5", "")
        elif kind == "Opaque":
            found[name] = ("68", None)
        elif kind == "IpAddress":
            found[name] = ("64", bytes(int(a) for a in value.split(".")).hex())
        elif kind == "OID":
            found[name] = ("6", value.strip("."))
        elif kinds.get(kind) == "4":
            found[name] = ("4", value.replace(" ", "").lower())
        else:
            found[name] = (kinds[kind], value)
    return found


def difference(want, got):
    for name in sorted(set(want) | set(got)):
        if want.get(name) != got.get(name):
            if name in want and name in got and want[name][0] == got[name][0] and None in (want[name][1], got[name][1]):
                continue
            return f"{'.'.join(map(str, name))}: {want.get(name)} but {got.get(name)}"
    return None


class Simulator:
    def __init__(self, program, *commands):
        self.run = subprocess.Popen([program, "-i", "-s", "11", *commands], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = {}
        for line in self.run.stdout:
            if line.startswith("ready "):
                self.ready[line.split()[1]] = line.split()[2]
            elif line.startswith("error"):
                raise SystemExit(f"Bail out! {line}")
            elif line == "serving\n":
                break

    def tell(self, command):
        self.run.stdin.write(command + "\n")
        self.run.stdin.flush()
        for line in self.run.stdout:
            if line.startswith(("ok", "error")):
                return line
        return ""

    def stats(self, name):
        self.run.stdin.write(f"stats {name}\n")
        self.run.stdin.flush()
        words = {}
        for line in self.run.stdout:
            if line.startswith("stats"):
                words = {k: int(v) for k, v in (w.split("=") for w in line.split()[2:])}
            if line.startswith(("ok", "error")):
                break
        return words

    def close(self):
        self.run.stdin.close()
        self.run.wait(10)


def run(*words, seconds=120):
    return subprocess.run(words, capture_output=True, timeout=seconds, encoding="latin-1",
                          env={**os.environ, "MIBS": "", "SNMPCONFPATH": os.environ["SNMP_PERSISTENT_DIR"]})


def main():
    recordings, build = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else os.environ["top_builddir"]
    files = sorted(f for f in os.listdir(recordings) if f.endswith(".snmprec"))
    count = 0
    failed = False
    for file in sorted(set(os.listdir(recordings)) - set(files)):
        print(f"# {file} names its objects by modules, not in numbers: not served")
    print(f"1..{len(files) * (len(CONDITIONS) + 2)}")
    with tempfile.TemporaryDirectory() as directory:
        for place in ("SNMP_PERSISTENT_DIR", "TRAPLINE_STATE", "TRAPLINE_CACHE", "TRAPLINE_CONFIG"):
            os.environ[place] = directory
        for file in files:
            path = os.path.join(recordings, file)
            want = expected(path)
            first = min(want)[0]
            small = max(484, 250 + max(len(value) // 2 if tag in ("4", "68") else 5 * value.count(".")
                                       for tag, value in want.values()))
            simulator = Simulator(f"{build}/tests/sim/sim", f"device d {path}")
            at = simulator.ready["d"]
            for title, fault, options in CONDITIONS:
                simulator.tell("fault d none" + (" " + fault.format(small=small) if fault != "none" else ""))
                done = run(f"{build}/tests/sim/ask", *options, "-t", "0.3", "-r", "8", "walk", at, str(first))
                got, order = walked(done.stdout)
                why = difference(want, got) or ("not in order" if order != sorted(set(order)) else None)
                if "end=complete" not in done.stderr:
                    why = done.stderr.strip()
                count += 1
                failed |= why is not None
                print(f"{'ok' if why is None else 'not ok'} {count} - {file}: {title}, {len(got)} values", flush=True)
                if why:
                    print(f"# {why}")
            simulator.tell("fault d none")
            got = netsnmp(run("snmpbulkwalk", "-v2c", "-c", "public", "-Onxte", "-Cr25", at, str(first)).stdout)
            got = {n: v for n, v in got.items() if v != ("5", "") or want.get(n) == ("5", "")}
            why = difference(want, got)
            count += 1
            failed |= why is not None
            print(f"{'ok' if why is None else 'not ok'} {count} - {file}: as snmpbulkwalk sees it", flush=True)
            if why:
                print(f"# {why}")
            theirs = run("snmpwalk", "-v2c", "-c", "public", "-On", at, "1.3.6.1").stdout
            ours = run(f"{build}/trapline", "walk", "--format=snmpwalk", "-v", "2c", at, "1.3.6.1").stdout
            count += 1
            failed |= ours != theirs
            print(f"{'ok' if ours == theirs else 'not ok'} {count} - {file}: printed as snmpwalk prints it", flush=True)
            for a, b in [p for p in zip(ours.splitlines(), theirs.splitlines()) if p[0] != p[1]][:1]:
                print(f"# {a}\n# {b}")
            simulator.close()
    sys.exit(failed)


if __name__ == "__main__":
    main()
