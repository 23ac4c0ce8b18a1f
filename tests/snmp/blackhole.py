#!/usr/bin/python3
"""Fault 11: a name service that never answers. It runs in a network of its own, where such a service is all there is. Prints
TAP."""
import os
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import BUILD, NAME, Agents, Watch, end, no_stall, ok  # noqa: E402

ALONE = ["unshare", "--user", "--map-root-user", "--net", "--mount"]


def names(sim):
    live = sim.ready["live"]
    hosts = [f"host-{i}.example.net" for i in range(8)]
    with Watch(*hosts, live, options=["-t", "5"]) as w:
        w.send(f"all {NAME}")
        w.send(f"get 8 {NAME}")
        first, second = w.read(), w.read()
        counts = w.summary(second)
        ok(first.startswith("8 ok"), "a live device answers while the name service is silent", first)
        ok(counts.get("failed") == 8 and counts["answered"] == 1, "each name fails once", second)
        no_stall(counts, "eight names asked of a silent name service")
        line = w.get(0)
        ok("host-0.example.net" in line and "write the address" in line, "with a sentence that says what to do", line)
    with Watch(*[f"host-{i}.example.net" for i in range(2000)], live) as w:
        w.send(f"all {NAME}")
        w.send(f"get 2000 {NAME}")
        line = w.read()
        ok(line.startswith("2000 ok"), "as it does beside 2,000 of them", line)
    ok(w.run.returncode == 0, "and the program ends without waiting for any", str(w.run.returncode))


def alone(directory):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with open(directory + "/resolv.conf", "w") as f:
        f.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", directory + "/resolv.conf", os.path.realpath("/etc/resolv.conf")], check=True)
    silence = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silence.bind(("127.0.0.1", 53))
    with open(directory + "/a.snmprec", "w") as f:
        f.write(f"{NAME}|4|name\n")
    sim = Agents(f"{BUILD}/tests/sim/sim", f"device live {directory}/a.snmprec")
    names(sim)
    sim.close()
    ok(len(silence.recv(512)) > 12, "and it was asked")
    end()


def main():
    if "alone" in sys.argv:
        with tempfile.TemporaryDirectory() as directory:
            alone(directory)
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if subprocess.run([*ALONE, "true"], capture_output=True).returncode != 0:
        print("1..0 # SKIP this system lets an ordinary user have no network of its own (user namespaces)")
        return
    os.execvp(ALONE[0], [*ALONE, sys.executable, os.path.abspath(__file__), "alone"])


if __name__ == "__main__":
    main()
