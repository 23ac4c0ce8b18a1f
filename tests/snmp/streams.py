#!/usr/bin/python3
"""Agents asked over TCP: a real snmpd in every version, and connections that drip, lie, hang up and are never made, before
the simulator. Prints TAP."""
import os
import select
import socket
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..")]
from rig import BUILD, NAME, Agents, Watch, end, ok, trapline  # noqa: E402
from snmpd import AUTH, PRIV, Snmpd, has_ipv6  # noqa: E402

GOOD = "0 ok OCTET STRING 6e616d65"
CONTACT = "1.3.6.1.2.1.1.4.0"


def cut(octets):
    """Where the first message ends, 0: not here."""
    if len(octets) < 2 or (octets[1] >= 0x80 and len(octets) < 2 + (octets[1] & 0x7f)):
        return 0
    n = 2 + octets[1] if octets[1] < 0x80 else 2 + (octets[1] & 0x7f) + int.from_bytes(octets[2:2 + (octets[1] & 0x7f)], "big")
    return n if len(octets) >= n else 0


class Front:
    """Takes connections and asks the simulator in datagrams; `reply` says what comes back of each
    answer, and whether the connection goes on."""

    def __init__(self, agent, reply, family=socket.AF_INET):
        self.agent, self.reply = agent, reply
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.address = f"tcp:127.0.0.1:{self.port}" if family == socket.AF_INET else f"tcp6:[::1]:{self.port}"
        self.connections = self.asked = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection, self.connections), daemon=True).start()

    def serve(self, connection, number):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        had, question = b"", b""
        with connection, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            host, port = self.agent.split(":")
            datagrams.connect((host, int(port)))
            while True:
                ready = select.select([connection, datagrams], [], [])[0]
                try:
                    if connection in ready:
                        octets = connection.recv(65536)
                        if not octets:
                            return
                        had += octets
                        while cut(had):
                            self.asked += 1
                            question, had = had[:cut(had)], had[cut(had):]
                            datagrams.send(question)
                    if datagrams in ready and not self.reply(connection, number, datagrams.recv(65536), question):
                        return
                except OSError:
                    return

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def whole(connection, number, answer, question):
    connection.sendall(answer)
    return True


def dripped(connection, number, answer, question):
    for octet in answer:
        connection.sendall(bytes([octet]))
    return True


def glued():
    """Answers arrive three at a time, and the last half of the third later."""
    kept = []

    def reply(connection, number, answer, question):
        kept.append(answer)
        if len(kept) == 3:
            octets = b"".join(kept)
            kept.clear()
            connection.sendall(octets[:-20])
            connection.sendall(octets[-20:])
        return True
    return reply


def instead(octets):
    def reply(connection, number, answer, question):
        connection.sendall(octets)
        return True
    return reply


def hangs_up(times, sent=0):
    """The first `times` connections end after `sent` octets of the first answer."""
    def reply(connection, number, answer, question):
        connection.sendall(answer if number > times else answer[:sent])
        return number > times
    return reply


def hangs_up_on_set(asked):
    def reply(connection, number, answer, question):
        if question[7 + question[6]] == 0xa3:
            asked.append(question)
            return False
        connection.sendall(answer)
        return True
    return reply


def whole_and_cut(sim):
    for reply, what in ((whole, "an agent over TCP answers"), (dripped, "so does one that drips its octets")):
        front = Front(sim.ready["d"], reply)
        with Watch(front.address) as w:
            lines = [w.get() for _ in range(20)]
            ok(lines == [GOOD] * 20 and front.connections == 1, f"{what}, over one connection", *lines, str(front.connections))
            ok(front.asked == 20 and w.status()["resent"] == "0", "and nothing is sent twice", str(front.asked))
        front.close()
    if has_ipv6():
        front = Front(sim.ready["d"], whole, socket.AF_INET6)
        with Watch(front.address) as w:
            line = w.get()
            ok(line == GOOD, "over IPv6", line)
        front.close()
    front = Front(sim.ready["d"], glued())
    with Watch(front.address, options=["-t", "5"]) as w:
        for _ in range(3):
            w.send(f"get 0 {NAME}")
        lines = [w.read() for _ in range(3)]
        ok(lines == [GOOD] * 3 and front.asked == 3, "three answers in two pieces are three answers", *lines)
    front.close()


def lies(sim):
    for octets, what in ((b"GET / HTTP/1.0\r\n", "what is no SNMP"), (b"\x30\x84\xff\xff\xff\xff\x02\x01", "a length of 4 GiB"),
                         (b"\x30\x84\x00\x20\x00\x00\x02\x01", "one of 2 MiB"), (b"\x30\x80\x02\x01\x01", "an indefinite length"),
                         (b"\x30\x88" + b"\0" * 8, "a length of eight octets")):
        front = Front(sim.ready["d"], instead(octets))
        with Watch(front.address, options=["-t", "5"]) as w:
            line = w.get()
            ok("no SNMP message" in line and front.connections == 2, f"{what}: hung up on, asked once more, and told", line)
        front.close()
    front = Front(sim.ready["d"], instead(b"\x30\x82\x40\x00\x02\x01\x01"))
    with Watch(front.address, options=["-t", "0.2", "-r", "1"]) as w:
        line = w.get()
        ok("no answer" in line and "tries" not in line and front.asked == 1, "a message that never ends is waited for, once", line)
    front.close()


def hang_ups(sim):
    front = Front(sim.ready["d"], hangs_up(1))
    with Watch(front.address, options=["-t", "5"]) as w:
        line, s = w.get(), w.status()
        ok(line == GOOD and front.connections == 2 and front.asked == 2 and s["resent"] == "1",
           "a hang-up instead of an answer: connected anew, asked once more, answered", line, str(s))
    front.close()
    front = Front(sim.ready["d"], hangs_up(1, 17))
    with Watch(front.address, options=["-t", "5"]) as w:
        line = w.get()
        ok(line == GOOD and front.connections == 2, "a hang-up in the middle of one, likewise", line)
    front.close()
    front = Front(sim.ready["d"], hangs_up(99, 17))
    with Watch(front.address, options=["-t", "5"]) as w:
        line, s = w.get(), w.status()
        ok("hung up in the middle of a message, twice" in line and front.asked == 2 and s["state"] == "3",
           "an agent that always does: asked twice, and told", line, str(s))
    front.close()
    with tempfile.TemporaryDirectory() as home:
        asked = []
        front = Front(sim.ready["d"], hangs_up_on_set(asked))
        run = trapline(home, "set", front.address, "-v2c", "--community-file", secret(home, "public"), f"{CONTACT}=s:me", "--yes")
        ok("whether it was done is unknown" in run.stderr and run.returncode != 0 and len(asked) == 1,
           "a SET is not asked again, and nobody knows", run.stderr, run.stdout, str(asked))
        front.close()


def away(sim):
    front = Front(sim.ready["d"], whole)
    front.close()
    with Watch(front.address, options=["-t", "5"]) as w:
        line = w.get()
        ok("Connection refused" in line and "does an agent listen there" in line, "nobody listens: told without waiting", line)
        line = w.get()
        ok("Connection refused" in line, "and again", line)
    # A queue that is full: the kernel drops what would connect, and nobody answers.
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for s in (first, second):
            s.setblocking(False)
            s.connect_ex(full.getsockname())
        live = Front(sim.ready["d"], whole)
        with Watch(f"tcp:127.0.0.1:{full.getsockname()[1]}", live.address, options=["-t", "0.3", "-r", "1"]) as w:
            w.send(f"get 0 {NAME}")
            w.send(f"get 1 {NAME}")
            lines = [w.read(), w.read()]
            ok(any("no connection in 0.6 s" in line for line in lines), "a connection that is never made is given up in time", *lines)
            ok(any(line.endswith("ok OCTET STRING 6e616d65") for line in lines[:1]), "and does not delay another device", *lines)
        live.close()


def secret(home, text):
    path = os.path.join(home, "secret-" + text)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        f.write(text + "\n")
    return path


def real(agent):
    with tempfile.TemporaryDirectory() as home:
        v3 = ["-v3", "-u", "SHA-256.AES-128", "-l", "authPriv", "-a", "SHA-256", "--auth-password-file", secret(home, AUTH),
              "-x", "AES-128", "--priv-password-file", secret(home, PRIV)]
        community = ["--community-file", secret(home, "public")]
        hosts = [f"127.0.0.1:{agent.port}"] + ([f"[::1]:{agent.port}"] if has_ipv6() else [])
        for host in hosts:
            six = "6" if host[0] == "[" else ""
            for access in (["-v1", *community], ["-v2c", *community], ["-v3", "-u", "nobody"], v3):
                walks = [trapline(home, "walk", *access, f"{kind}{six}:{host}", "1.3.6.1.2.1.1", "--numeric").stdout.splitlines()
                         for kind in ("udp", "tcp")]
                names = [[line.split()[0] for line in walk] for walk in walks]
                ok(len(names[1]) > 20 and names[0] == names[1], f"snmpd walked over tcp{six}, {access[0][1:]}: as over UDP",
                   str(len(names[0])), str(len(names[1])))
            run = trapline(home, "set", *v3, f"tcp{six}:{host}", f"{CONTACT}=s:somebody", "--yes")
            got = trapline(home, "get", *v3, f"tcp{six}:{host}", CONTACT)
            ok(run.returncode == 0 and "somebody" in got.stdout, f"and set over tcp{six}", run.stderr, got.stdout)
    with Watch(f"tcp:127.0.0.1:{agent.port}", options=["-t", "5"]) as w:
        name = "1.3.6.1.2.1.1.3.0"
        first = w.get(name=name)
        agent.stop()
        away_line = w.get(name=name)
        agent.start()
        back = w.get(name=name)
        ok(first.startswith("0 ok") and "refused" in away_line and back.startswith("0 ok"),
           "an snmpd that goes and comes back is connected to again", first, away_line, back)


def main():
    with tempfile.TemporaryDirectory() as directory:
        with open(directory + "/a.snmprec", "w") as f:
            f.write(f"{CONTACT}|4|nobody\n{NAME}|4|name\n")
        sim = Agents(f"{BUILD}/tests/sim/sim", f"device d {directory}/a.snmprec")
        for part in (whole_and_cut, lies, hang_ups, away):
            part(sim)
        sim.close()
    with Snmpd(lines=["override -rw 1.3.6.1.2.1.1.4.0 octet_str nobody"], stream=True) as agent:
        real(agent)
    end()


if __name__ == "__main__":
    main()
