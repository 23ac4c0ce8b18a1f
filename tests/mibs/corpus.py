"""What the corpus checks share: the original modules under their names, our modules, what we leave out."""
import glob
import os
import re
import sys

sys.dont_write_bytecode = True
TOP = os.path.abspath(os.environ["top_srcdir"])
BUILD = os.path.abspath(os.environ["top_builddir"])
CORPUS = os.environ["CORPUS"]
MIBS = os.path.join(TOP, "mibs")
HERE = os.path.join(TOP, "tests", "mibs")

# The last of these that has a module wins, but for those that Debian's erlang-snmp has in their first form:
# RFC1213-MIB in the corpus is no longer RFC 1213's (its README says what was changed).
ERLANG = "/usr/lib/erlang/lib/snmp-*/mibs"
DIRECTORIES = (ERLANG + "/v1/*.mib", ERLANG + "/*.mib", CORPUS + "/mibs/net-snmp/*", CORPUS + "/mibs/rfc/*")
DEBIAN_FIRST = ("RFC-1212", "RFC1155-SMI", "RFC1213-MIB")


def originals():
    """Module name -> path of the authoritative text."""
    found = {}
    for pattern in DIRECTORIES:
        for path in sorted(glob.glob(pattern)):
            try:
                with open(path, encoding="latin-1") as f:
                    text = re.sub(r"--[^\n]*", "", f.read())
            except OSError:
                continue
            m = re.match(r'\s*([A-Za-z][\w-]*)\s+DEFINITIONS\s*::=', text)
            if m and not (m.group(1) in DEBIAN_FIRST and m.group(1) in found):
                found[m.group(1)] = path
    return found


def shelf(directory):
    """Fills a directory with links by module name, as libsmi and net-snmp look for them."""
    found = originals()
    for name, path in found.items():
        os.symlink(path, os.path.join(directory, name))
    return found


def ours():
    return sorted(os.path.basename(p)[:-4] for p in glob.glob(os.path.join(MIBS, "*.txt")))


def table(path):
    """Lines of words, # for comments."""
    with open(path, encoding="ascii") as f:
        return [line.split("#")[0].split() for line in f if line.split("#")[0].strip()]


def omitted():
    out = {}
    for words in table(os.path.join(MIBS, "omissions")):
        out.setdefault(words[0], set()).update(words[1:])
    return out
