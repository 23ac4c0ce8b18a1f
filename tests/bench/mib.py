#!/usr/bin/python3
"""The compiler and its snapshot beside net-snmp's parser, over the corpus (CORPUS=DIR, else our own modules): all files
read from nothing, a name found after opening, a keystroke of search, private memory."""
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.path.abspath(os.environ["top_srcdir"])
BUILD = os.path.abspath(os.environ["top_builddir"])
WHERE = os.path.join(os.environ["CORPUS"], "mibs") if os.environ.get("CORPUS") else os.path.join(TOP, "mibs")
TRAPLINE = os.path.join(BUILD, "trapline")
ROUNDS = 3


def measured(argv, env=None):
    """Seconds by the clock and of CPU."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ, **(env or {})))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (time.monotonic() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def best(argv, env=None):
    return min(measured(argv, env) for _ in range(ROUNDS))


def figures(snapshot, what):
    out = subprocess.run([os.path.join(BUILD, "tests", "bench", "mib"), snapshot, what], capture_output=True,
                         text=True).stdout
    return {k: float(v) for k, v in re.findall(r"(?m)^(\w+) ([\d.]+)$", out)}


def drop_from_cache(path):
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def private_of_net_snmp(env):
    """KiB that snmptranslate has for itself when everything is read: it waits on a pipe that nobody reads."""
    read, write = os.pipe()
    child = subprocess.Popen(["snmptranslate", "-m", "ALL", "-Pu", "-Tp"], stdout=write, stderr=subprocess.DEVNULL,
                             env=dict(os.environ, **env))
    os.close(write)
    os.read(read, 1)                    # the tree is printed once all is read
    with open("/proc/%d/smaps_rollup" % child.pid) as f:
        kib = int(re.search(r"Private_Dirty: +(\d+)", f.read()).group(1))
    child.kill()
    child.wait()
    os.close(read)
    return kib


def line(what, ours, theirs, unit, aim):
    print("%-46s %10.3f %s   net-snmp %10.3f %s   %8.1f times   (aim: %s)" %
          (what, ours, unit, theirs, unit, theirs / ours if ours else 0, aim))


def main():
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None      # net-snmp writes nothing, so no disk is waited for
    with tempfile.TemporaryDirectory(dir=memory) as scratch:
        snapshot = os.path.join(scratch, "snapshot")
        directories = ":".join(sorted({folder for folder, _, files in os.walk(WHERE) if files}))
        env = {"MIBDIRS": directories, "MIBS": "", "SNMP_PERSISTENT_DIR": scratch, "SNMPCONFPATH": scratch}
        theirs = best(["snmptranslate", "-m", "ALL", "-Pu", ".1.3"], env)
        ours = best([TRAPLINE, "mib", "compile", "--fresh", "--quiet", "--from", WHERE, "--to", snapshot])
        print("modules of %s, best of %d" % (WHERE, ROUNDS))
        line("all files from nothing, by the clock", ours[0], theirs[0], "s ", "2")
        line("all files from nothing, of CPU", ours[1], theirs[1], "s ", "2")
        again = best([TRAPLINE, "mib", "compile", "--quiet", "--from", WHERE, "--to", snapshot])
        print("%-46s %10.3f s" % ("again, nothing changed", again[0]))
        opened = figures(snapshot, "open")
        line("open and find a name, warm", opened["median"], theirs[0] * 1e3, "ms", "1000")
        with tempfile.NamedTemporaryFile() as on_disk:
            shutil.copyfile(snapshot, on_disk.name)
            drop_from_cache(on_disk.name)
            cold = figures(on_disk.name, "open")
            # on a disk, as it is in use: in memory, what the file itself holds would count as its reader's own
            drop_from_cache(on_disk.name)
            first = figures(on_disk.name, "first")["key"]
            private = figures(on_disk.name, "memory")["private"]
        line("open and find a name, cold", cold["first"], theirs[0] * 1e3, "ms", "50")
        print("%-46s %10.3f ms" % ("the first keystroke of search, cold", first))
        keys = figures(snapshot, "keys")
        print("%-46s %10.3f ms median, %.3f ms worst of %d   (aim: 5 and 16)" %
              ("a keystroke of search", keys["median"], keys["worst"], keys["keystrokes"]))
        line("private memory", private / 1024, private_of_net_snmp(env) / 1024, "MiB",
             "10")


if __name__ == "__main__":
    sys.exit(main())
