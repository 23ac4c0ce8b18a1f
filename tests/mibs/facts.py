#!/usr/bin/python3
"""The facts of our modules against those of the originals, as three readers see them that are not ours.

net-snmp's parser and libsmi read both texts; python3-pysnmp4-mibs brings modules compiled long ago by others.
What we leave out stands in mibs/omissions, what differs with reason in tests/mibs/differences.
"""
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

import corpus

DIFFERENCES = os.path.join(corpus.HERE, "differences")
MOST_DIFFERENCES = 20
PYSNMP = "/usr/lib/python3/dist-packages/pysnmp_mibs"


def run(argv, env=None):
    return subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=120,
                          env=dict(os.environ, LC_ALL="C", **(env or {})))


# ---- net-snmp -------------------------------------------------------------------------------------

def net_snmp(directory, module):
    """name -> facts as net-snmp's tree has them."""
    tree = os.path.join(corpus.BUILD, "tests", "mibs", "tree")
    out = {}
    for line in run([tree, directory, module], {"MIBDIRS": directory}).stdout.splitlines():
        name, facts = line.split(" ", 1)
        out[name] = facts
    return out


# ---- libsmi ---------------------------------------------------------------------------------------

OURS_ALONE = ("description", "organization", "contact", "{http://www.w3.org/2001/XMLSchema-instance}")


def canonical(element):
    """An element without descriptions, as nested tuples."""
    if element.tag in OURS_ALONE:
        return None
    children = tuple(c for c in map(canonical, element) if c)
    text = " ".join((element.text or "").split())
    return (element.tag, tuple(sorted(element.attrib.items())), text, children)


def libsmi(directory, module):
    """name -> facts as libsmi has them; the key 'identity' holds those of the module itself."""
    text = run(["smidump", "-q", "-k", "-c", "/dev/null", "-f", "xml", module], {"SMIPATH": directory}).stdout
    if not text:
        return {}
    text = re.sub(r'="[^"]*"', lambda m: re.sub(r"[^\x20-\x7e]", "?", m.group()), text)
    try:
        root = ElementTree.fromstring(re.sub(r"[^\x09\x0a\x20-\x7e]", "?", text))
    except ElementTree.ParseError as e:
        return {"unreadable": str(e)}
    out = {"identity": [(e.tag, e.get("date") or e.get("node")) for e in root.find("module") or []
                        if e.tag in ("revision", "identity")]}
    for section in root:
        if section.tag in ("module", "imports"):
            continue
        for e in section:
            out["%s %s" % (section.tag, e.get("name"))] = canonical(e)
            if e.tag == "table":                          # rows and columns one by one, for better messages
                for part in [e.find("row")] + list(e.find("row")):
                    if part is not None and part.get("name"):
                        out["node %s" % part.get("name")] = (
                            canonical(part) if part.tag != "row" else
                            tuple(canonical(c) for c in part if c.tag != "column" and canonical(c)))
                out["%s %s" % (section.tag, e.get("name"))] = sorted(e.attrib.items())
    return out


# ---- pysnmp ---------------------------------------------------------------------------------------

def pysnmp_text(path):
    """name -> (oid, access, enumeration, index) out of a compiled module's text, and its latest revision."""
    with open(path, encoding="utf-8", errors="replace") as f:
        text = f.read()
    out, enums = {}, {}
    for m in re.finditer(r"(?m)^class (\w+)\(.*\n((?:[ \t]+.*\n)*)", text):
        n = re.search(r"namedValues = NamedValues\((.*)\)", m.group(2))
        if n:
            enums[m.group(1)] = n.group(1)
    definition = r"(?m)^(\w+) = (Mib\w+|ModuleIdentity|NotificationType|ObjectIdentity)\(\(([\d, ]*)\)(.*)$"
    for m in re.finditer(definition, text):
        name, kind, oid, rest = m.groups()
        if kind in ("MibIdentifier", "ObjectIdentity"):
            continue
        syntax = re.match(r", (\w+)\(", rest)
        named = re.search(r"NamedValues\((.*?\), )\)", rest)
        values = named.group(1) if named else enums.get(syntax.group(1), "") if syntax else ""
        out[name] = (".".join(re.findall(r"\d+", oid)),
                     (re.search(r'setMaxAccess\("(\w+)"\)', rest) or [None, ""])[1],
                     sorted((int(b), a) for a, b in re.findall(r'\("([\w-]+)", (-?\d+)\)', values)),
                     re.findall(r'\((\d), "[\w-]+", "([\w-]+)"\)', rest) if "setIndexNames" in rest else [])
    revision = re.search(r'setRevisions\(\("([\d-]+)', text)
    return out, revision.group(1) if revision else None


ACCESS = {"noaccess": 21, "notifyonly": 67, "readonly": 18, "readwrite": 19, "readcreate": 48}


def pysnmp_differences(module, tree, revision):
    """Compares a compiled module with our own as net-snmp's parser reads it."""
    theirs, date = pysnmp_text(os.path.join(PYSNMP, module + ".py"))
    if date != revision:
        return None
    out = []
    for name, (oid, access, enums, index) in theirs.items():
        facts = tree.get(name)
        if not facts:
            out.append((name, "pysnmp has it"))
            continue
        ours = (re.search(r"oid=(\S+)", facts).group(1),
                int(re.search(r"access=(\d+)", facts).group(1)),
                sorted((int(b), a) for a, b in re.findall(r"enum=(\S+)\((-?\d+)\)", facts)),
                [("1" if i else "0", n) for i, n in re.findall(r"index=(IMPLIED:)?(\S+)", facts)])
        if ours[0] != oid:
            out.append((name, "pysnmp: OID %s, ours %s" % (oid, ours[0])))
        if access and ACCESS[access] != ours[1]:
            out.append((name, "pysnmp: access %s, ours %d" % (access, ours[1])))
        if enums and enums != ours[2]:
            out.append((name, "pysnmp: values %s, ours %s" % (enums, ours[2])))
        if index and "augments" not in facts and index != ours[3]:
            out.append((name, "pysnmp: index %s, ours %s" % (index, ours[3])))
    return out


# ---- all together ---------------------------------------------------------------------------------

def compare(theirs, ours, who):
    """(name, sentence) for each fact that is not the same."""
    for key in sorted(set(theirs) | set(ours)):
        name = key.split(" ")[-1]
        if key not in ours:
            yield name, "%s: only the original has it" % who
        elif key not in theirs:
            yield name, "%s: only ours has it" % who
        elif theirs[key] != ours[key]:
            yield name, "%s: original %s / ours %s" % (who, str(theirs[key])[:300], str(ours[key])[:300])


def main():
    reasons = {(w[0], w[1]): " ".join(w[2:]) for w in corpus.table(DIFFERENCES)}
    omitted, names = corpus.omitted(), corpus.ours()
    used, wrong, count, checked, skipped = set(), [], 0, [], []
    with tempfile.TemporaryDirectory() as shelf:
        texts = corpus.shelf(shelf)
        for module in names:
            if module not in texts:
                if module != "TRAPLINE-ENTERPRISES-MIB":
                    wrong.append((module, "-", "no original to compare with"))
                continue
            mine = net_snmp(corpus.MIBS, module)
            found = list(compare(net_snmp(shelf, module), mine, "net-snmp"))
            smi = libsmi(corpus.MIBS, module)
            found += compare(libsmi(shelf, module), smi, "libsmi")
            count += len(smi) + len(mine)
            dates = [d for t, d in smi.get("identity", []) if t == "revision" and d]
            if os.path.exists(os.path.join(PYSNMP, module + ".py")):
                differing = pysnmp_differences(module, mine, dates[0].split(" ")[0] if dates else None)
                (skipped if differing is None else checked).append(module)
                found += differing or []
            gone = omitted.get(module, set())
            missing = set()
            for name, what in found:
                if "only the original has it" in what or what == "pysnmp has it":
                    missing.add(name)
                    if name in gone:
                        continue
                if (module, name) in reasons:
                    used.add((module, name))
                else:
                    wrong.append((module, name, what))
            have = set(mine) | {key.split(" ")[-1] for key in smi}
            wrong += [(module, n, "said to be left out, but it is there") for n in sorted((gone - missing) & have)]
    print("1..4")
    print("%s 1 - %d facts of %d modules are the originals'" % ("not ok" if wrong else "ok", count, len(names)))
    for module, name, what in wrong[:200]:
        print("# %s::%s: %s" % (module, name, what))
    print("%s 2 - %d differences with a reason, at most %d" %
          ("ok" if len(reasons) <= MOST_DIFFERENCES and all(reasons.values()) else "not ok", len(reasons),
           MOST_DIFFERENCES))
    unused = sorted(set(reasons) - used)
    print("%s 3 - each listed difference is there" % ("not ok" if unused else "ok"))
    for u in unused:
        print("# %s::%s" % u)
    print("%s 4 - %d modules agree with pysnmp's compiled ones" % ("ok" if checked else "not ok", len(checked)))
    print("# of another revision than pysnmp's: %s" % " ".join(skipped))


if __name__ == "__main__":
    main()
