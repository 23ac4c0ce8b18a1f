#!/usr/bin/python3
"""Compiling and asking, as a person or a script would: what is parsed again and what is not, snapshots that are old or
damaged, limits, clashes, lint and its exit status, and every sub-command's JSON."""
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ["top_builddir"])
TOP = os.path.abspath(os.environ["top_srcdir"])
TRAPLINE = os.path.join(BUILD, "trapline")
count = failed = 0
scratch = ""

HEAD = "%s DEFINITIONS ::= BEGIN\nIMPORTS enterprises FROM SNMPv2-SMI;\n"
GOOD = HEAD % "GOOD-MIB" + """
good OBJECT IDENTIFIER ::= { enterprises 99998 }
goodTable OBJECT-TYPE SYNTAX SEQUENCE OF GoodEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION "Rows."
    ::= { good 1 }
goodEntry OBJECT-TYPE SYNTAX GoodEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION "A row."
    INDEX { goodIndex } ::= { goodTable 1 }
GoodEntry ::= SEQUENCE { goodIndex Integer32, goodState INTEGER }
goodIndex OBJECT-TYPE SYNTAX Integer32 (1..2147483647) MAX-ACCESS not-accessible STATUS current DESCRIPTION "Which."
    ::= { goodEntry 1 }
goodState OBJECT-TYPE SYNTAX INTEGER { up(1), down(2) } MAX-ACCESS read-write STATUS current
    DESCRIPTION "Whether the peculiar flange works." DEFVAL { up } ::= { goodEntry 2 }
goodGone NOTIFICATION-TYPE OBJECTS { goodState } STATUS current DESCRIPTION "The flange is gone." ::= { good 0 1 }
END
"""
BAD = HEAD % "BAD-MIB" + """
bad OBJECT IDENTIFIER ::= { nowhere 1 }
fine OBJECT IDENTIFIER ::= { enterprises 99997 }
END
"""


def ok(good, what, *notes):
    global count, failed
    count += 1
    failed += not good
    print("%s %d - %s" % ("ok" if good else "not ok", count, what))
    if not good:
        for note in notes:
            print("# %s" % str(note)[:1500].replace("\n", "\n# "))


def run(*words, **kind):
    return subprocess.run([TRAPLINE, "mib"] + list(words), capture_output=True, text=True, errors="replace", timeout=120,
                          **kind)


def objects(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def write(path, text, age=100):
    """Files older than the moment count as unchanged; a fresh one is read again to be sure."""
    path = os.path.join(scratch, "mibs", path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def compile_all(*more):
    os.environ["MIBDIRS"] = os.path.join(scratch, "mibs")
    return objects(run("compile", "--json", *more))[-1]


def compiling():
    good = write("GOOD.txt", GOOD)
    write("sub/BAD.txt", BAD)
    write("page.html", "<!DOCTYPE html><html></html>")
    counts = compile_all()
    ok(set(counts) >= {"files", "modules", "nodes", "types", "notifications", "errors", "warnings", "seconds"} and
       counts["parsed"] == counts["files"] and counts["errors"] == 1 and counts["not-modules"] >= 1,
       "counts of everything, read from nothing", counts)
    snapshot = os.path.join(scratch, "mib.snapshot")
    before = os.stat(snapshot)
    counts = compile_all()
    ok(counts["parsed"] == 0 and os.stat(snapshot).st_mtime_ns == before.st_mtime_ns, "nothing changed: nothing parsed or written", counts)
    os.utime(good, (time.time() - 50, time.time() - 50))
    counts = compile_all()
    ok(counts["parsed"] == 0, "a file touched but of the same content is not parsed again", counts)
    write("GOOD.txt", GOOD.replace("peculiar", "singular"), 40)
    counts = compile_all()
    ok(counts["parsed"] == 1 and os.stat(snapshot).st_mtime_ns != before.st_mtime_ns, "one file changed: one is parsed, and the "
       "snapshot is another file", counts)
    ok("singular" in run("show", "goodState").stdout, "and what it says is new")
    compile_all("--fresh")
    ok(compile_all("--fresh")["parsed"] > 30, "--fresh reads everything")
    ok(not [n for n in os.listdir(scratch) if n.startswith("mib.snapshot.")], "nothing half written is left")


def noticing():
    """A file that comes, changes or goes is noticed by the next command, and a snapshot that was looked at is left alone."""
    place = os.path.join(scratch, "dropped")
    os.makedirs(place)
    os.environ["MIBDIRS"] = place
    snapshot = os.path.join(scratch, "mib.snapshot")

    def found(name):
        return any(o.get("name") == name for o in objects(run("find", name, "--json")))

    ok(not found("dropIn"), "what is not there is not found")
    write(os.path.join(place, "DROP"), HEAD % "DROP-MIB" + "dropIn OBJECT IDENTIFIER ::= { enterprises 99996 }\nEND\n")
    ok(found("dropIn"), "a file that was dropped in is enough")
    recording = os.path.join(scratch, "one.snmprec")
    write(recording, "1.3.6.1.4.1.99996.0|2|7\n")
    shown = subprocess.run([TRAPLINE, "walk", recording, "1.3.6.1.4.1"], capture_output=True, text=True, timeout=60)
    ok("dropIn.0 = 7" in shown.stdout, "also by a command that talks SNMP", shown.stdout, shown.stderr)
    before = os.stat(snapshot).st_mtime_ns
    ok(found("dropIn") and os.stat(snapshot).st_mtime_ns == before, "what has not changed is not looked at again")
    write(os.path.join(place, "AHEAD"), HEAD % "AHEAD-MIB" + "ahead OBJECT IDENTIFIER ::= { enterprises 99995 }\nEND\n", -86400)
    ok(found("ahead"), "a file whose clock was ahead is read")
    before = os.stat(snapshot).st_mtime_ns
    ok(found("ahead") and os.stat(snapshot).st_mtime_ns == before, "and then not looked at again either")
    os.remove(os.path.join(place, "AHEAD"))
    write(os.path.join(place, "DROP"), HEAD % "DROP-MIB" + "dropOn OBJECT IDENTIFIER ::= { enterprises 99996 }\nEND\n")
    ok(found("dropOn") and not found("dropIn"), "a file that was edited is read again")
    os.environ["MIBDIRS"] = ""
    ok(not found("dropOn"), "a directory that is no longer named is forgotten, though nothing in it has changed")
    os.environ["MIBDIRS"] = place
    ok(found("dropOn"), "and known again when it is named again")
    os.remove(os.path.join(place, "DROP"))
    ok(not found("dropOn"), "a file that is gone is forgotten")
    write(os.path.join(place, "DROP"), HEAD % "DROP-MIB" + "dropIn OBJECT IDENTIFIER ::= { enterprises 99996 }\nEND\n")
    alone = run("compile", place)
    ok("brings the others back" in alone.stderr and found("dropIn") and not found("ifInOctets"),
       "directories that are given make a snapshot of their own, and it stays", alone.stderr)
    run("compile", "--quiet")
    ok(found("ifInOctets"), "until it is made anew")
    os.remove(os.path.join(place, "DROP"))


def broken_snapshots():
    snapshot = os.path.join(scratch, "mib.snapshot")
    with open(snapshot, "rb") as f:
        whole = f.read()
    for what, octets in (("cut short", whole[:5000]), ("of another version", whole[:8] + b"\xff" + whole[9:]),
                         ("of zeros", bytes(len(whole))), ("empty", b"")):
        with open(snapshot, "wb") as f:
            f.write(octets)
        os.environ["TRAPLINE_CONFIG"] = os.path.join(scratch, "nowhere")
        result = run("find", "ifInOctets")
        ok(result.returncode == 0 and "ifInOctets" in result.stdout, "a snapshot %s is compiled anew" % what,
           result.stdout, result.stderr)
        counts = compile_all()
        ok(counts["modules"] > 30, "and gives the compiler nothing wrong")


def limits():
    write("huge.mib", HEAD % "HUGE-MIB" + "-- " + "x" * (33 << 20), 30)
    write("nuls.mib", b"\0" * (1 << 20), 30)
    write("deep.mib", HEAD % "DEEP-MIB" + "T ::= " + "SEQUENCE { a " * 100000 + "END", 30)
    write("chain.mib", HEAD % "CHAIN-MIB" + "a0 OBJECT IDENTIFIER ::= { enterprises 1 }\n" + "".join(
        "a%d OBJECT IDENTIFIER ::= { a%d 1 }\n" % (i + 1, i) for i in range(3000)) + "END", 30)
    write("many.mib", HEAD % "MANY-MIB" + "x OBJECT-TYPE SYNTAX INTEGER { " + ",".join(
        "n%d(%d)" % (i, i) for i in range(200000)) + " } MAX-ACCESS read-only STATUS current DESCRIPTION \"x\" "
        "::= { enterprises 99996 }\nEND", 30)
    write("hints.mib", HEAD % "HINTS-MIB" + "".join(
        'H%d ::= TEXTUAL-CONVENTION DISPLAY-HINT "%s" STATUS current DESCRIPTION "\x1b[31m" SYNTAX %s\n'
        "h%d OBJECT-TYPE SYNTAX H%d MAX-ACCESS read-only STATUS current DESCRIPTION \"\x1b]0;x\x07\" ::= { enterprises 99995 %d }\n"
        % (i, hint, base, i, i, i) for i, (hint, base) in enumerate((
            ("d-300", "INTEGER"), ("s", "INTEGER"), ("n", "INTEGER"), ("99999999x:", "OCTET STRING")))) + "END", 30)
    write("heads.mib", "-- x " + "a DEFINITIONS : " * 140000, 30)
    write("unquoted.mib", HEAD % "UNQUOTED-MIB" + "".join(
        "a%d OBJECT-TYPE DESCRIPTION b ::= { c 1 }\n" % i for i in range(350000)) + "END", 30)
    write("twins.mib", HEAD % "TWINS-MIB" + "a OBJECT IDENTIFIER ::= { b 1 }\n" * 500000 + "END", 30)
    write("imports.mib", "X-MIB DEFINITIONS ::= BEGIN IMPORTS " + "".join("q FROM B%d " % i for i in range(600000)) + ";END", 30)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    counts = compile_all()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    ok(counts["errors"] > 0 and spent < 60, "hostile modules end in errors, not in a crash", counts, spent)
    shown = run("show", "h1")
    ok("hint" in shown.stdout and "\x1b" not in shown.stdout + run("show", "H1").stdout, "no escape sequence comes out",
       repr(shown.stdout))
    ok(run("show", "goodState").returncode == 0, "and the others are there")
    for name in ("huge", "nuls", "deep", "chain", "many", "hints", "heads", "unquoted", "twins", "imports"):
        os.unlink(os.path.join(scratch, "mibs", name + ".mib"))
    compile_all()


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(word) for word in f.read().split()]
    except OSError:
        return []


def left_over():
    return [name for name in os.listdir(scratch) if name.startswith("mib.snapshot.")]


def one_of_several_ends():
    """A process that helps to read is killed in the middle: a sentence, the old snapshot as it was, nothing left over."""
    if len(os.sched_getaffinity(0)) < 2:
        ok(True, "one processor: there is nobody who helps")
        return
    snapshot = os.path.join(scratch, "mib.snapshot")
    with open(snapshot, "rb") as f:
        before = f.read()
    for k in range(12):
        write("large%d.mib" % k, HEAD % ("LARGE%d-MIB" % k) + "".join(
            'v%dx%d OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS current DESCRIPTION "%s" '
            "::= { enterprises 99994 %d %d }\n" % (k, i, "what it does " * 20, k, i) for i in range(8000)) + "END", 30)
    compiler = subprocess.Popen([TRAPLINE, "mib", "compile"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 20
    while not children(compiler.pid) and compiler.poll() is None and time.monotonic() < end:
        pass
    helpers = children(compiler.pid)
    for pid in helpers[:1]:
        os.kill(pid, 9)
    out, err = compiler.communicate(timeout=60)
    ok(helpers and compiler.returncode not in (0, 1) and "ended with signal 9" in err, "a helper that ends is told",
       compiler.returncode, helpers, out, err)
    with open(snapshot, "rb") as f:
        ok(f.read() == before, "and the old snapshot is as it was")
    ok(not left_over(), "and nothing is left over")
    compiler = subprocess.Popen([TRAPLINE, "mib", "compile", "--fresh"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while not left_over() and compiler.poll() is None and time.monotonic() < end:
        pass
    compiler.kill()
    compiler.wait()
    there = left_over()
    for k in range(12):
        os.unlink(os.path.join(scratch, "mibs", "large%d.mib" % k))
    end = time.monotonic() + 20
    while left_over() and time.monotonic() < end:               # until nobody works on it any more
        compile_all()
    ok(there and not left_over(), "what one that was killed has left, the next one removes", there, left_over())
    theirs = [write("../mib.snapshot" + end, "theirs") for end in (".backup", ".sha256", ".tar.gz")]
    compile_all()
    ok(all(os.path.exists(path) for path in theirs), "and nothing of a person's beside it", theirs)
    for path in theirs:
        if os.path.exists(path):
            os.unlink(path)


def clashes():
    write("new/GOOD.txt", GOOD.replace("good OBJECT IDENTIFIER ::= { enterprises 99998 }",
          'good MODULE-IDENTITY LAST-UPDATED "202001010000Z" ORGANIZATION "" CONTACT-INFO "" DESCRIPTION "" ::= { enterprises 99998 }'))
    write("OTHER.txt", HEAD % "OTHER-MIB" + "otherGood OBJECT IDENTIFIER ::= { enterprises 99998 }\n"
          "goodIndex OBJECT IDENTIFIER ::= { otherGood 77 }\nEND\n")
    compile_all()
    modules = [m for m in objects(run("modules", "GOOD-MIB", "--json"))]
    ok([(m["state"], m["file"].endswith("new/GOOD.txt")) for m in modules] == [("good", True), ("superseded", False)],
       "of one module in two files the newer counts, and the other says by what", modules)
    names = [n["name"] for n in objects(run("which", "1.3.6.1.4.1.99998", "--json"))]
    ok("good" in names and "otherGood" in names, "both names of an OID are found", names)
    ok([n["module"] for n in objects(run("which", "goodIndex", "--json"))] == ["GOOD-MIB", "OTHER-MIB"],
       "a name in two modules: the object first")
    shutil.rmtree(os.path.join(scratch, "mibs", "new"))
    compile_all()


def asking():
    one = objects(run("show", "GOOD-MIB::goodState.7", "--json"))[0]
    ok(one["instance"] == "goodState.7" and one["values"] == {"up": 1, "down": 2} and one["default"] == "up" and
       one["table"] == "goodTable" and one["notifications"] == ["goodGone"] and one["file"].split(":")[-1] == "12",
       "show: everything of a column", one)
    for spelling in ("goodState[7]", "goodState.7", ".1.3.6.1.4.1.99998.1.1.2.7", "1.3.6.1.4.1.99998.1.1.2.7", "good.1.1.2.7",
                     ".iso.org.dod.internet.private.enterprises.good.goodTable.goodEntry.goodState.7"):
        shown = objects(run("show", spelling, "--json"))
        ok(bool(shown) and shown[0]["name"] == "goodState", "show %s" % spelling, shown)
    ok("goodIndex = 7" in run("show", "goodState.7").stdout and one["indexes"] == {"goodIndex": "7"},
       "show: an instance's indexes", one)
    ok("DisplayString" in run("show", "DisplayString").stdout, "show: a type")
    module = run("show", "GOOD-MIB")
    ok(module.returncode == 2 and "mib modules GOOD-MIB" in module.stderr, "show: a module is told", module.stderr)
    ok(run("show", "enterprises").stdout.startswith("SNMPv2-SMI::"), "of the SMI itself, the second version has the word")
    missing = run("show", "goodStat")
    ok(missing.returncode != 0 and "goodState" in missing.stderr, "show: what is near a name that is not there", missing.stderr)
    found = objects(run("find", "singular", "flange", "--json"))
    ok([n["name"] for n in found] == ["goodState"], "find: words of the description", found)
    ok(objects(run("find", "gdstate", "--json"))[0]["name"] == "goodState", "find: letters in order")
    ok(objects(run("find", "GOOD-MIB", "--json"))[0]["module"] == "GOOD-MIB", "find: a module")
    ok(len(objects(run("tree", "goodEntry", "--json"))) == 3, "tree")
    catalogue = objects(run("catalogue", "flange", "--json"))
    ok([(n["name"], n["objects"]) for n in catalogue] == [("goodGone", ["goodState"])], "catalogue", catalogue)
    nearest = run("which", "1.3.6.1.4.1.99998.5.5")
    ok(nearest.returncode == 1 and "nearest ancestor" in nearest.stdout and "enterprise" in nearest.stdout and
       "BAD-MIB" in nearest.stdout, "which: what is near an OID that nobody names, and who could not be placed", nearest.stdout)
    states = {m["name"]: m["state"] for m in objects(run("modules", "--json"))}
    ok(states.get("BAD-MIB") == "errors" and states.get("GOOD-MIB") == "good" and states.get(None) == "no module",
       "modules: their state", states)


def linting():
    bad = write("lint/BAD.txt", BAD.replace("{ nowhere 1 }", "{ nowhere 1 }\nagain OBJECT IDENTIFIER ::= { fine }"))
    result = run("lint", bad, "--json")
    problems = objects(result)
    first = [p for p in problems if p.get("code") == "parent-unknown"]
    ok(result.returncode == 1 and bool(first) and first[0]["line"] == 4 and first[0]["column"] == 29 and
       first[0]["severity"] == "error" and first[0]["excerpt"][first[0]["caret"]:].startswith("nowhere") and
       problems[-1]["errors"] == 1, "lint: file, line, column, excerpt, code; exit status 1", problems)
    text = run("lint", bad).stdout.splitlines()
    ok(any(line.startswith(bad + ":4:29: error [parent-unknown]") for line in text) and
       any(line.strip() == "^" for line in text), "lint as text, with a caret", text)
    ok(run("lint", os.path.join(TOP, "mibs", "IF-MIB.txt")).returncode == 0, "lint: nothing wrong, exit status 0")
    ok(run("lint", os.path.join(scratch, "no-such-file")).returncode == 2, "lint: a file that is not there, exit status 2")
    named = run("lint", write("lint/page.html", "<html><body>404</body></html>"))
    ok(named.returncode == 1 and "an HTML page" in named.stdout, "lint: an HTML page is called one", named.stdout)
    warned = write("lint/WARN.txt", HEAD % "WARN-MIB" + "a_b OBJECT IDENTIFIER ::= { enterprises 99994 }\nEND")
    ok(run("lint", warned).returncode == 0 and run("lint", "--strict", warned).returncode == 1, "lint --strict: warnings count")


def main():
    global scratch
    scratch = tempfile.mkdtemp()
    try:
        os.environ.update(TRAPLINE_CACHE=scratch, TRAPLINE_STATE=scratch, TRAPLINE_CONFIG=scratch, HOME=scratch,
                          MIBDIRS="", TRAPLINE_MIBS=os.path.join(TOP, "mibs"))
        for part in (compiling, clashes, asking, linting, limits, one_of_several_ends, noticing, broken_snapshots):
            part()
    finally:
        shutil.rmtree(scratch)
    print("1..%d" % count)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
