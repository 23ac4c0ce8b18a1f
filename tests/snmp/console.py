#!/usr/bin/python3
"""Fault 1, on the screen: the console with 500 silent v3 devices and a live one. What a key does is seen at once, and the
live device is asked all the while. Prints TAP."""
import fcntl
import ipaddress
import os
import pty
import select
import statistics
import struct
import sys
import tempfile
import termios
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import BUILD, NAME, USER, Agents, end, environment, ok  # noqa: E402

SILENT, KEYS = 500, 40


def settings(home, silent, live):
    host, port = silent.split(":")
    os.mkdir(home + "/trapline")
    for word in ("auth", "priv"):
        with open(f"{home}/{word}", "w") as f:
            f.write(f"{word}-password\n")
        os.chmod(f"{home}/{word}", 0o600)
    with open(home + "/trapline/trapline.conf", "w") as f:
        f.write(f'profile "p" {{ version = "3" user = "u" level = "authPriv" auth = "SHA-256" auth-password-file = "{home}/auth" '
                f'priv = "AES-128" priv-password-file = "{home}/priv" }}\n')
        f.write(f'device "live" {{ address = "{live}" profile = "p" }}\n')
        for i in range(SILENT):
            f.write(f'device "silent-{i}" {{ address = "{ipaddress.ip_address(host) + i}:{port}" profile = "p" }}\n')
    os.chmod(home + "/trapline/trapline.conf", 0o600)


class Screen:
    """The console in a terminal of its own. What it draws is only looked for, not understood."""

    def __init__(self, home):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(f"{BUILD}/trapline", ["trapline", "--no-collector"], {**environment(home), "TERM": "xterm-256color", "LANG": "C.UTF-8"})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.text = b""

    def delayed(self):
        """Nanoseconds for which it was ready and other processes ran."""
        with open(f"/proc/{self.pid}/schedstat") as f:
            return int(f.read().split()[1])

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            got = os.read(self.fd, 65536)
        except OSError:
            got = b""
        self.text += got
        return got

    def wait_for(self, word, seconds=30):
        until = time.monotonic() + seconds
        while word not in self.text and time.monotonic() < until:
            self.read(0.1)
        return word in self.text

    def key(self, octets):
        """Milliseconds until the screen answers."""
        while self.read(0.005):
            pass
        delay, start = self.delayed(), time.monotonic_ns()
        os.write(self.fd, octets)
        if not self.read(5):
            return 5000.0
        return max(0, time.monotonic_ns() - start - (self.delayed() - delay)) / 1e6


def main():
    with tempfile.TemporaryDirectory() as home:
        with open(home + "/a.snmprec", "w") as f:
            f.write(f"1.3.6.1.2.1.1.1.0|4|an agent made for tests\n1.3.6.1.2.1.1.3.0|67|4711\n{NAME}|4|name\n")
        sim = Agents(f"{BUILD}/tests/sim/sim", USER, f"device live {home}/a.snmprec", f"device silent {home}/a.snmprec at=127.16.0.1 count={SILENT}",
                     "fault silent-* silent=1")
        settings(home, sim.ready["silent"], sim.ready["live"])
        screen = Screen(home)
        ok(screen.wait_for(b"silent-"), "the devices are on the screen", screen.text[-500:].decode("utf-8", "replace"))
        ok(screen.wait_for(b"an agent made for tests"), "the live one has answered among 500 that are silent", screen.text[-2000:].decode("utf-8", "replace"))
        took = [screen.key(b"j" if i % 2 == 0 else b"k") for i in range(KEYS)]
        ok(statistics.median(took) < 50, "a key is answered within 50 ms", str(sorted(took)))
        print(f"# key to screen: median {statistics.median(took):.1f} ms, longest {max(took):.1f} ms")
        os.write(screen.fd, b"q")
        while screen.read(5):
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(screen.pid, 0)[1])
        ok(status == 0, "and it ends when it is asked to", str(status), screen.text[-500:].decode("utf-8", "replace"))
        sim.close()
    end()


if __name__ == "__main__":
    main()
