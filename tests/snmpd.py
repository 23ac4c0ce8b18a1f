#!/usr/bin/python3
"""A real snmpd for tests: own configuration, free port, own persistent directory, nothing of the system's.

From a shell or C:  run it; it prints one line "ready PORT DIRECTORY" once the agent answers, and ends the agent when
its standard input closes or it is told to end. Lines on standard input are commands: "restart" starts the agent
again (boots + 1), "stop" and "start" do what they say; each is answered by a line.
From Python:        from snmpd import Snmpd;  with Snmpd() as agent: agent.port …

Communities: "public" may write, "reader" may not. v3 users: see USERS; passwords are AUTH and PRIV.
Options: --arg=WORD (another argument for snmpd), --line=TEXT (another line of configuration), --stream (tcp too)."""
import ctypes, os, shutil, signal, socket, subprocess, sys, tempfile, time

AUTH, PRIV = "auth-password", "priv-password"
AUTHS = {"MD5": "MD5", "SHA-1": "SHA", "SHA-224": "SHA-224", "SHA-256": "SHA-256", "SHA-384": "SHA-384",
         "SHA-512": "SHA-512"}
PRIVS = {"DES": "DES", "AES-128": "AES", "AES-192": "AES-192", "AES-256": "AES-256"}
# (name, auth, priv): "nobody", "SHA-256", "SHA-256.AES-128" …
USERS = [("nobody", None, None)] + [(a, a, None) for a in AUTHS] + \
        [(f"{a}.{p}", a, p) for a in AUTHS for p in PRIVS]


def free_port():
    """A port that is free on 127.0.0.1 and ::1, for UDP and TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        try:
            for family, kind, host in ((socket.AF_INET6, socket.SOCK_DGRAM, "::1"),
                                       (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1")):
                with socket.socket(family, kind) as s:
                    s.bind((host, port))
        except OSError as e:
            if e.errno != 97 and e.errno != 99:  # no IPv6 here: the rest will do
                continue
        return port


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


GET_UPTIME = bytes.fromhex("302602010104067075626c6963a01902044a4b4c4d020100020100300b300906052b060102010500")


class Snmpd:
    def __init__(self, lines=(), args=(), stream=False, listen=()):
        self.lines, self.args, self.stream, self.listen = list(lines), list(args), stream, list(listen)
        self.directory = tempfile.mkdtemp(prefix="tl-snmpd.")
        self.process = None
        self.port = None

    def write(self):
        listen = [f"udp:127.0.0.1:{self.port}"]
        if has_ipv6():
            listen.append(f"udp6:[::1]:{self.port}")
        if self.stream:
            listen += [f"tcp:127.0.0.1:{self.port}"] + ([f"tcp6:[::1]:{self.port}"] if has_ipv6() else [])
        listen += self.listen
        with open(self.directory + "/snmpd.conf", "w") as f:
            f.write("agentaddress " + ",".join(listen) + "\n")
            f.write("rwcommunity public\nrocommunity reader\nrwcommunity6 public\nrocommunity6 reader\n")
            for name, auth, priv in USERS:
                f.write(f"createUser {name}" + (f' {AUTHS[auth]} "{AUTH}"' if auth else "") +
                        (f' {PRIVS[priv]} "{PRIV}"' if priv else "") + "\n")
                f.write(f"rwuser {name} {'priv' if priv else 'auth' if auth else 'noauth'}\n")
            f.write("".join(line + "\n" for line in self.lines))
        os.makedirs(self.directory + "/persistent", 0o700, exist_ok=True)

    def answers(self):
        """One question. A socket that the kernel gives the agent's own port would hear itself."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            if s.getsockname()[1] == self.port:
                return False
            s.settimeout(0.05)
            s.sendto(GET_UPTIME, ("127.0.0.1", self.port))
            try:
                return s.recvfrom(2000)[0][13:14] == b"\xa2"
            except OSError:
                return False

    def launch(self):
        self.write()
        env = {"PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/bin") + ":/usr/sbin:/sbin", "MIBS": "",
               "SNMP_PERSISTENT_DIR": self.directory + "/persistent", "SNMPCONFPATH": self.directory + ":" + self.directory + "/persistent"}
        libc = ctypes.CDLL(None)
        self.process = subprocess.Popen(
            ["snmpd", "-f", "-Lf", self.directory + "/log",
             "-I", "-smux,mteTrigger,mteTriggerConf,disman", "-r"] + self.args,
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: libc.prctl(1, signal.SIGKILL))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            if self.answers():
                return True
        raise SystemExit("snmpd: does not answer")

    def start(self):
        if self.port is not None:
            assert self.launch(), "snmpd ended"
            return self
        for _ in range(10):
            self.port = free_port()
            if self.launch():
                return self
        raise SystemExit("snmpd: cannot be started; its log: " + open(self.directory + "/log").read()[-500:])

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # being told twice must not leave anything behind
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def main():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    options = {k: [a.split("=", 1)[1] for a in sys.argv[1:] if a.startswith(f"--{k}=")] for k in ("arg", "line")}
    with Snmpd(options["line"], options["arg"], "--stream" in sys.argv) as agent:
        print("ready", agent.port, agent.directory, flush=True)
        for line in sys.stdin:
            if line.strip() in ("stop", "restart"):
                agent.stop()
            if line.strip() in ("start", "restart"):
                agent.start()
            print("done", flush=True)


if __name__ == "__main__":
    main()
