#!/usr/bin/python3
"""smilint at its strictest finds in our modules only what it finds in the originals too (tests/mibs/lint-known).

    lint.py                 the check
    lint.py --known DIR     prints the list anew: what smilint says about both ours and the modules in DIR
"""
import glob
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
KNOWN = os.path.join(HERE, "lint-known")
# Where a module leaves definitions out (mibs/omissions), what pointed to the rest points nowhere.
FROM_OMISSION = re.compile(r"must be contained in at least one conformance group$|is not referenced in this module$")


def findings(path, mibs):
    """What smilint says about the module itself, without line numbers: a sorted list of sentences."""
    run = subprocess.run(["smilint", "-c", "/dev/null", "-s", "-l", "6", path], capture_output=True, text=True,
                         errors="replace", timeout=60, env={"PATH": os.environ["PATH"], "SMIPATH": mibs, "LC_ALL": "C"})
    out = []
    for line in (run.stdout + run.stderr).splitlines():
        m = re.match(r"(?:smilint: )?(.*?):(\d+): (\[\d\] .*)", line)
        if m and m.group(1) == path:
            out.append(m.group(3))
        elif not m:
            out.append(line.replace(path, os.path.basename(path)))
    return sorted(out)


def read_known():
    known = {}
    with open(KNOWN, encoding="ascii") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                module, text = line.rstrip("\n").split("\t", 1)
                known.setdefault(module, []).append(text)
    return known


def main():
    mibs = os.path.join(os.path.abspath(os.environ.get("top_srcdir", os.path.join(HERE, "..", ".."))), "mibs")
    ours = sorted(glob.glob(os.path.join(mibs, "*.txt")))
    if len(sys.argv) == 3 and sys.argv[1] == "--known":
        print("# What smilint -l 6 says about the original modules and, as facts are facts, about ours.")
        print("# Made by lint.py --known; a finding that only ours have does not belong here.")
        for path in ours:
            name = os.path.basename(path)[:-4]
            original = os.path.join(sys.argv[2], name)
            theirs = set(findings(original, sys.argv[2])) if os.path.exists(original) else set()
            for text in sorted(set(findings(path, mibs)) & theirs):
                print("%s\t%s" % (name, text))
        return
    if not shutil.which("smilint"):
        print("1..0 # SKIP smilint is not installed (Debian: smitools)")
        return
    known = read_known()
    with open(os.path.join(mibs, "omissions"), encoding="ascii") as f:
        shortened = {line.split()[0] for line in f if line.strip() and not line.startswith("#")}
    print("1..%d" % (len(ours) + 1))
    modules = [os.path.basename(p)[:-4] for p in ours]
    stray = sorted(set(known) - set(modules))
    print("%s 1 - the list of known findings names modules that exist" % ("not ok" if stray else "ok"))
    for s in stray:
        print("# " + s)
    for n, (name, path) in enumerate(zip(modules, ours), 2):
        extra = sorted(set(findings(path, mibs)) - set(known.get(name, [])))
        if name in shortened:
            extra = [e for e in extra if not FROM_OMISSION.search(e)]
        print("%s %d - %s" % ("not ok" if extra else "ok", n, name))
        for text in extra:
            print("# " + text)


if __name__ == "__main__":
    main()
