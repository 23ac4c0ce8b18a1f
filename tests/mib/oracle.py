#!/usr/bin/python3
"""The compiler on a corpus: nothing crashes, every module that a regular expression finds is found, every object agrees
with net-snmp's tree (and libsmi's, where that loses facts) and with pysnmp's compiled modules. What differs is listed
in tests/mib/differences with the line of the module that shows the other wrong; at most 20."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TOP = os.path.abspath(os.environ["top_srcdir"])
BUILD = os.path.abspath(os.environ["top_builddir"])
CORPUS = os.path.join(os.environ["CORPUS"], "mibs")
PYSNMP = "/usr/lib/python3/dist-packages/pysnmp_mibs"
TRAPLINE = os.path.join(BUILD, "trapline")
MOST = 20
HEAD = re.compile(r"([A-Za-z][\w-]*)\s*(?:\{[^{}]*\}\s*)?DEFINITIONS\s*(?:\w+\s+TAGS\s*)?::=\s*BEGIN")
ACCESS = {"noaccess": "not-accessible", "notifyonly": "accessible-for-notify", "readonly": "read-only",
          "readwrite": "read-write", "readcreate": "read-create"}
count = 0
failed = 0


def ok(good, what, notes=()):
    global count, failed
    count += 1
    failed += not good
    print("%s %d - %s" % ("ok" if good else "not ok", count, what))
    for note in list(notes)[:100]:
        print("# %s" % (note,))


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=600)


def names_by_expression():
    """What plainly begins a module, comments aside."""
    names = {}
    for folder, _, files in os.walk(CORPUS):
        for name in files:
            with open(os.path.join(folder, name), encoding="latin-1") as f:
                text = f.read()
            for at in re.finditer("DEFINITIONS", text):
                around = re.sub(r"--[^\n]*", "", text[max(0, text.rfind("\n", 0, max(0, at.start() - 400))):at.end() + 100])
                for m in HEAD.finditer(around):
                    names.setdefault(m.group(1), os.path.join(folder, name))
    return names


def listed():
    """(module, name, fact) -> (file, line number, words of that line)"""
    out = {}
    with open(os.path.join(TOP, "tests", "mib", "differences"), encoding="ascii") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                module, name, fact, place, words = line.rstrip("\n").split(None, 4)
                file, number = place.rsplit(":", 1)
                out[module, name, fact] = (file, int(number), words)
    return out


def is_evidence(file, number, words):
    try:
        with open(os.path.join(CORPUS, file), encoding="latin-1") as f:
            return words in " ".join(f.read().split("\n")[number - 1].split())
    except (OSError, IndexError):
        return False


def compare_with_trees(snapshot):
    result = run(os.path.join(BUILD, "tests", "mib", "oracle"), snapshot)
    lines = result.stdout.splitlines()
    ok(result.returncode in (0, 1) and lines and lines[-1].startswith("#"), "net-snmp and libsmi read the corpus",
       [result.stderr[-300:]] if not lines else lines[-1:])
    known, used, wrong = listed(), set(), []
    for line in lines:
        if line.startswith("#"):
            continue
        module, name, fact = line.split(None, 3)[:3]
        key = (module, name, fact.rstrip(":"))
        if key in known and is_evidence(*known[key]):
            used.add(key)
        else:
            wrong.append(line)
    objects = int(re.search(r"(\d+) objects", lines[-1]).group(1)) if lines else 0
    ok(objects > 100000 and not wrong, "%d objects agree" % objects, wrong)
    ok(len(known) <= MOST, "%d differences are listed, each with a line; at most %d" % (len(known), MOST))
    ok(used == set(known), "each of them is there, and its line too", sorted(set(known) - used))


def pysnmp_facts(path):
    """name -> (oid, access, enumeration, index) out of a compiled module, and its latest revision"""
    with open(path, encoding="utf-8", errors="replace") as f:
        text = f.read()
    enums = {m.group(1): m.group(2) for m in
             re.finditer(r"(?m)^class (\w+)\(.*\n(?:[ \t]+.*\n)*?[ \t]+namedValues = NamedValues\((.*)\)", text)}
    out = {}
    for m in re.finditer(r"(?m)^(\w+) = (MibTableColumn|MibScalar|MibTableRow|NotificationType)\(\(([\d, ]*)\)(.*)$",
                         text):
        name, _, oid, rest = m.groups()
        syntax = re.match(r", (\w+)\(", rest)
        named = re.search(r"NamedValues\((.*?\), )\)", rest)
        values = named.group(1) if named else enums.get(syntax.group(1), "") if syntax else ""
        out[name] = (".".join(re.findall(r"\d+", oid)),
                     ACCESS.get((re.search(r'setMaxAccess\("(\w+)"\)', rest) or [None, ""])[1]),
                     {a: int(b) for a, b in re.findall(r'\("([\w-]+)", (-?\d+)\)', values)},
                     [(i == "1", n) for i, n in re.findall(r'\((\d), "[\w-]+", "([\w-]+)"\)', rest)]
                     if "setIndexNames" in rest else [])
    revision = re.search(r'setRevisions\(\("([\d-]+)', text)
    return out, revision.group(1).replace("-", "") if revision else None


def compare_with_pysnmp(nodes, modules):
    wrong, objects, compared = [], 0, 0
    for path in sorted(glob.glob(PYSNMP + "/*.py")):
        module = os.path.basename(path)[:-3]
        facts, revision = pysnmp_facts(path)
        if module not in modules or not revision or not modules[module].get("revision", "").startswith(revision):
            continue                                            # not here, or another revision of it
        compared += 1
        for name, (oid, access, values, index) in facts.items():
            objects += 1
            ours = nodes.get((module, name))
            if not ours:
                wrong.append("%s::%s is missing" % (module, name))
                continue
            for fact, a, b in (("oid", oid, ours["oid"]), ("access", access, ours.get("access", access)),
                               ("values", values, ours.get("values", values) if values else values),
                               ("index", index, [(p["implied"], p["name"]) for p in ours.get("index", [])]
                                if index else index)):
                if a and a != b:
                    wrong.append("%s::%s %s: %s / %s" % (module, name, fact, a, b))
    ok(compared > 50 and objects > 3000 and len(wrong) == 0,
       "%d objects of %d modules agree with pysnmp's compiled ones" % (objects, compared), wrong)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("TRAPLINE_CACHE", "TRAPLINE_STATE", "TRAPLINE_CONFIG"):
            os.environ[name] = scratch
        snapshot = os.path.join(scratch, "mib.snapshot")
        compiled = run(TRAPLINE, "mib", "compile", "--from", CORPUS, "--to", snapshot, "--json")
        counts = json.loads(compiled.stdout.splitlines()[-1]) if compiled.stdout else {}
        ok(compiled.returncode in (0, 1) and counts.get("modules", 0) > 1500, "the corpus is compiled: %s" % counts,
           [compiled.stderr[-300:]] if compiled.returncode not in (0, 1) else [])
        again = run(TRAPLINE, "mib", "compile", "--from", CORPUS, "--to", snapshot, "--json")
        counts = json.loads(again.stdout.splitlines()[-1]) if again.stdout else {}
        ok(counts.get("parsed") == 0, "nothing that is unchanged is parsed again", [counts])
        modules = {}
        for line in run(TRAPLINE, "mib", "modules", "--json").stdout.splitlines():
            m = json.loads(line)
            if m["name"] and m["state"] != "superseded":
                modules[m["name"]] = m
        missing = sorted(set(names_by_expression()) - set(modules))
        ok(not missing, "all %d modules that begin plainly are there" % len(modules), missing)
        compare_with_trees(snapshot)
        nodes = {}
        for line in run(TRAPLINE, "mib", "tree", "--all", "--json").stdout.splitlines():
            n = json.loads(line)
            nodes[n["module"], n["name"]] = n
        compare_with_pysnmp(nodes, modules)
    print("1..%d" % count)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
