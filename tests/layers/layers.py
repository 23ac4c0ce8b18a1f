#!/usr/bin/env python3
"""Which folder may include what, and which program may need which library: the rules beside this file, held against
every source file, then against deliberate violations, each of which must be found."""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ["top_srcdir"]
BUILD = os.environ["top_builddir"]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def read_rules():
    rules = {"room": {}, "library": {}, "pure": {}, "program": {}}
    with open(os.path.join(HERE, "rules"), encoding="ascii") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                kind, name, rest = re.fullmatch(r"(\w+) ([^:]+):(.*)", line).groups()
                rules[kind][name] = rest
    return rules


RULES = read_rules()
ROOMS = {name: rest.split() for name, rest in RULES["room"].items()}
LIBRARIES = [(name, *(side.split() for side in rest.split("="))) for name, rest in RULES["library"].items()]


def own_headers(path):
    """The file's includes of the project's own headers, as room/header.h."""
    room = os.path.basename(os.path.dirname(path))
    for mark, header in INCLUDE.findall(without_comments(path)):
        if mark == '"':
            yield header if "/" in header else f"{room}/{header}"


def without_comments(path):
    with open(path, encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/|//[^\n]*", " ", file.read(), flags=re.S)


def violations_in(top, name):
    """What is wrong with one file, as sentences; name is relative to top."""
    path = os.path.join(top, name)
    folder = os.path.dirname(name)
    text = without_comments(path)
    found = []
    if folder not in ROOMS:
        return [f"{name}: {folder} is no room of tests/layers/rules"]
    for header in own_headers(path):
        if ".." in header.split("/"):
            found.append(f"{name}: includes {header}: no ../")
        elif header.split("/")[0] not in ROOMS[folder]:
            found.append(f"{name}: includes {header}: {folder} may only include {' '.join(ROOMS[folder])}")
    system = [header for mark, header in INCLUDE.findall(text) if mark == "<"]
    for library, prefixes, places in LIBRARIES:
        if any(header.startswith(tuple(prefixes)) and header != "unistd.h" for header in system):
            if not any(name == place or place.endswith("/") and name.startswith(place) for place in places):
                found.append(f"{name}: includes {library}, which is used in {' '.join(places)} only")
    for banned in RULES["pure"].get(folder, "").split():
        if banned.endswith("()"):
            if re.search(rf"(?<![\w>.]){banned[:-2]}[ \t]*\(", text):
                found.append(f"{name}: calls {banned}: {folder} opens nothing and asks no clock")
        elif any(header == banned or banned.endswith("/") and header.startswith(banned) for header in system):
            found.append(f"{name}: includes <{banned}>: {folder} opens nothing and asks no clock")
    return found


def sources(top):
    for side in ("backend", "ui"):
        for folder, _, files in os.walk(os.path.join(top, side)):
            for file in sorted(files):
                if file.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, file), top)


def needed_beyond(allowed, needed):
    return sorted(n for n in needed if n.split(".so")[0] not in {*allowed, "libc", "libm", *SANITIZERS})


SANITIZERS = {"libasan", "libubsan", "libpthread", "libgcc_s", "libdl", "librt", "ld-linux-x86-64", "ld-linux-aarch64"}


def needed_by(program):
    dump = subprocess.run(["objdump", "-p", os.path.join(BUILD, program)], capture_output=True, text=True, check=True)
    return re.findall(r"NEEDED\s+(\S+)", dump.stdout)


def violates(name, text):
    """A tree of one file that breaks a rule."""
    with tempfile.TemporaryDirectory() as top:
        os.makedirs(os.path.join(top, os.path.dirname(name)))
        with open(os.path.join(top, name), "w", encoding="ascii") as file:
            file.write(text)
        return len([v for n in sources(top) for v in violations_in(top, n)]) == 1


def compiles_in_ui(text):
    """Does this compile as a file of ui/console does, with the build's own flags?"""
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "view_probe.c")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        with open(os.path.join(BUILD, "Makefile"), encoding="utf-8") as file:
            flags = re.search(r"^UI_CPPFLAGS = ((?:.*\\\n)*.*)", file.read(), re.M).group(1).replace("\\\n", " ")
        words = flags.replace("$(top_builddir)", BUILD).replace("$(top_srcdir)", TOP).split()
        words = [w.replace("$(pkgdatadir)", "/").replace('\\"', '"') for w in words]
        run = subprocess.run(["cc", *words, "-fsyntax-only", path], capture_output=True, text=True)
        return run.returncode == 0


def settings_of(*sections):
    """The fields that settings of these sections are read into."""
    with open(os.path.join(TOP, "backend/api/settings.h"), encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    bodies = [re.search(r"struct %s_setting \{(.*?)\};" % s, text, re.S).group(1) for s in sections]
    return re.findall(r"(\w+)(?=[,;])", " ".join(bodies))


def unread(fields):
    """Those that nothing reads but what checks them."""
    text = ""
    for name in sources(TOP):
        if name.endswith(".c") and not name.startswith("backend/settings/"):
            with open(os.path.join(TOP, name), encoding="utf-8") as file:
                text += file.read()
    return [f for f in fields if not re.search(r"(->|\.)%s\b" % f, text)]


VIOLATIONS = [
    ("a view that reaches into core", "ui/console/view_x.c", '#include "core/memory.h"\n'),
    ("a view that includes curses", "ui/console/view_x.c", "#include <curses.h>\n"),
    ("a path with ../", "ui/cli/x.c", '#include "../console/term.h"\n'),
    ("the console that includes the command line", "ui/console/app.c", '#include "cli/json.h"\n'),
    ("json-c outside its file", "ui/cli/print.c", "#include <json-c/json.h>\n"),
    ("core that includes io", "backend/core/x.c", '#include "io/frame.h"\n'),
    ("core that opens a descriptor", "backend/core/x.c", "#include <unistd.h>\n"),
    ("core that asks the clock", "backend/core/x.c", "long f(void) { return time(0); }\n"),
    ("net-snmp in the store", "backend/store/x.c", "#include <net-snmp/net-snmp-config.h>\n"),
    ("SQLite in the collector", "backend/collector/x.c", "#include <sqlite3.h>\n"),
    ("mail that includes the store", "backend/mail/x.c", '#include "store/db.h"\n'),
    ("the collector that includes mail", "backend/collector/x.c", '#include "mail/guard.h"\n'),
    ("OpenSSL outside mail", "backend/snmp/x.c", "#include <openssl/ssl.h>\n"),
    ("a sandbox of its own", "backend/io/child.c", "#include <seccomp.h>\n"),
    ("a header of the seam that includes a library", "backend/api/x.h", "#include <sqlite3.h>\n"),
    ("a folder nobody knows", "backend/misc/x.c", "int x;\n"),
]


def main():
    checks = []
    found = [v for name in sources(TOP) for v in violations_in(TOP, name)]
    checks.append(("every file includes only what its folder may", not found, found))
    rooms = {os.path.dirname(name) for name in sources(TOP)}
    checks.append(("every room has files", rooms == set(ROOMS), sorted(rooms ^ set(ROOMS))))
    long = [n for n in sources(TOP) if n.startswith("backend/api/")
            and sum(1 for _ in open(os.path.join(TOP, n), encoding="utf-8")) > 150]
    checks.append(("every header of the seam is under 150 lines", not long, long))
    for program, rest in RULES["program"].items():
        over = needed_beyond(rest.split(), needed_by(program))
        checks.append((f"{program} needs no other library", not over, over))
    idle = unread(settings_of("mail", "digest", "device", "sender"))
    checks.append(("every setting of a section is read by something", not idle, idle))
    checks.append(("found: one that nothing reads", unread(["repeat_s", "budget_per_hour"]) == ["repeat_s"], []))
    for what, name, text in VIOLATIONS:
        checks.append((f"found: {what}", violates(name, text), [f"{name}: {text}"]))
    checks.append(("found: a program with a library too many",
                   needed_beyond(["libsqlite3"], ["libsqlite3.so.0", "libcrypto.so.3", "libc.so.6"]) == ["libcrypto.so.3"], []))
    checks.append(("a file of ui/ compiles with the seam", compiles_in_ui('#include "api/oid.h"\n'), []))
    checks.append(("and not with anything else of backend/", not compiles_in_ui('#include "core/memory.h"\n'), []))
    print(f"1..{len(checks)}")
    for i, (what, good, details) in enumerate(checks, 1):
        print(f"{'ok' if good else 'not ok'} {i} - {what}")
        if not good:
            for line in details:
                print(f"# {line}")
    return 0 if all(good for _, good, _ in checks) else 1


sys.exit(main())
