#!/usr/bin/python3
"""Our descriptions, judged without the originals: present, plain, short, all different, saying more than the name."""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import smi

STOP = set("""the a an of this that is are in on for to and or by its it be with from at as which value values object
 table entry entries number count counter index group objects list row rows total identifier id type collection set
 containing information about""".split())


def norm(text):
    return re.findall(r"[a-z0-9]+", text.lower())


def stem(word):
    return re.sub(r"(ations?|ing|ers?|es|ed|s|e)$", "", word) if len(word) > 4 else word


def spells(name, text):
    """Do the words say nothing but the name?"""
    parts = {stem(p.lower()) for p in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)}
    return all(stem(w) in parts or (len(w) > 2 and stem(w) in name.lower()) for w in norm(text) if w not in STOP)


def faults(key, kind, text):
    if not text:
        yield "no words"
        return
    if not text.isascii():
        yield "not plain ASCII"
    if len(text) > 500:
        yield "%d characters" % len(text)
    if len(re.findall(r"[.?!](?= [A-Z]|$)", text)) > 3:
        yield "more than three sentences"
    if not re.search(r"[.?!)]$", text):
        yield "does not end like a sentence"
    if "/" not in key and spells(key, text):
        yield "only spells out the name"
    if re.search(r"\b(TODO|FIXME|XXX)\b", text):
        yield "unfinished"


def judge(modules):
    """Complaints about all descriptions of these modules, as (where, what), and how many there were."""
    names = {d.name for m in modules for d in m.definitions}
    bad, seen, count = [], {}, 0
    for m in modules:
        if not m.definitions:
            bad.append((m.name, "empty"))
        for d in m.definitions:
            if d.kind not in ("OBJECT IDENTIFIER", "type", "value", "MACRO") and "DESCRIPTION" not in d.clauses:
                bad.append(("%s::%s" % (m.name, d.name), "no words"))
            for key, text in d.words():
                where = "%s::%s" % (m.name, key)
                count += 1
                bad += [(where, f) for f in faults(key, d.kind, text)]
                if d.kind == "MODULE-IDENTITY" and "/" in key:
                    continue                             # a revision: its date may come twice
                bare = " ".join(norm(" ".join(w for w in re.findall(r"[A-Za-z0-9-]+", text) if w not in names)))
                if bare in seen:
                    bad.append((where, "same words as " + seen[bare]))
                seen.setdefault(bare, where)
    return bad, count


BAD = """BAD-MIB DEFINITIONS ::= BEGIN
IMPORTS OBJECT-TYPE, Integer32, mib-2 FROM SNMPv2-SMI;
badNextHop OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS current
    DESCRIPTION "The next hop." ::= { mib-2 1 }
badTwins OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS current
    DESCRIPTION "Frames dropped beside badNextHop." ::= { mib-2 2 }
badTwinsAgain OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS current
    DESCRIPTION "Frames dropped beside badTwins." ::= { mib-2 3 }
badLong OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS current
    DESCRIPTION "One is. Two are. Three were. Four talk." ::= { mib-2 4 }
badEnd OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS current
    DESCRIPTION "breaks off in the" ::= { mib-2 5 }
badMute OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS current ::= { mib-2 6 }
END
"""
EXPECTED = {("BAD-MIB::badNextHop", "only spells out the name"), ("BAD-MIB::badMute", "no words"),
            ("BAD-MIB::badTwinsAgain", "same words as BAD-MIB::badTwins"),
            ("BAD-MIB::badLong", "more than three sentences"), ("BAD-MIB::badEnd", "does not end like a sentence")}


def ours():
    return sorted(glob.glob(os.path.join(os.environ["top_srcdir"], "mibs", "*.txt")))


def main():
    print("1..3")
    bad, _ = judge([smi.Reader(BAD).module()])
    print("%s 1 - each kind of bad description is noticed" % ("ok" if set(bad) == EXPECTED else "not ok"))
    for where, what in sorted(set(bad) ^ EXPECTED):
        print("# %s: %s" % (where, what))
    modules = [smi.read(p) for p in ours()]
    wrong = ["%s holds %s" % (m.path, m.name) for m in modules if os.path.basename(m.path) != m.name + ".txt"]
    with open(os.path.join(os.environ["top_srcdir"], "mibs", "local.mk"), encoding="ascii") as f:
        listed = re.findall(r"%D%/(\S+\.txt)", f.read())
    there = [os.path.basename(m.path) for m in modules]
    wrong += ["%s is not listed in mibs/local.mk, or twice" % n for n in there if listed.count(n) != 1]
    wrong += ["%s is listed in mibs/local.mk, but not there" % n for n in listed if n not in there]
    print("%s 2 - %d modules, each in the file of its name and installed" %
          ("ok" if modules and not wrong else "not ok", len(modules)))
    for sentence in wrong:
        print("# " + sentence)
    bad, count = judge(modules)
    print("%s 3 - %d descriptions of our own" % ("not ok" if bad or not count else "ok", count))
    for where, what in bad:
        print("# %s: %s" % (where, what))


if __name__ == "__main__":
    main()
