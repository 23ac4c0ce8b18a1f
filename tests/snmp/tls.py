#!/usr/bin/python3
"""Agents asked over TLS and DTLS (RFC 6353): a real snmpd, and what refuses, hangs up and never answers. Prints TAP.

Debian's net-snmp 5.9.3 speaks DTLS 1.2 over UDP, but over TCP nothing but TLS 1.0, and that only with ciphers below OpenSSL's
own floor: it is asked so, and TLS 1.2 and 1.3 through a front that takes them and speaks TLS 1.0 to snmpd. Once a
DTLS handshake has been broken off, its answers in all later ones leave from an address that it never set, and reach nobody:
what ends so is tried with a front, or last."""
import os
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import warnings

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..")]
from certificates import Certificates  # noqa: E402
from rig import BUILD, end, ok, trapline, trapline_start  # noqa: E402
from snmpd import Snmpd, free_port, has_ipv6  # noqa: E402

warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0
NAME, CONTACT = "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.4.0"


class Rig:
    def __init__(self, home):
        self.home = home
        self.certificates = c = Certificates(home + "/certificates")
        c.make("ca", "DNS:ca.test")
        c.make("snmpd", "IP:127.0.0.1,IP:::1,DNS:localhost", "ca")
        c.make("elsewhere", "DNS:elsewhere.test", "ca")
        c.make("late", "IP:127.0.0.1", "ca", days=-1)
        for name in ("manager", "stranger", "guest"):
            c.make(name, f"DNS:{name}.test")
        self.tls, self.dtls = free_port(), free_port()
        self.agent = Snmpd(lines=[
            "[snmp] tlsAlgorithms DEFAULT:@SECLEVEL=0", f"[snmp] serverCert {c.fingerprint('snmpd')}",
            f"certSecName 10 {c.fingerprint('manager')} --sn manager", f"certSecName 11 {c.fingerprint('guest')} --sn guest",
            "rwuser -s tsm manager authpriv", "override -rw 1.3.6.1.2.1.1.4.0 octet_str nobody"],
            listen=[f"{kind}:{host}:{port}" for host in ["127.0.0.1", *["[::1]"] * has_ipv6()]
                    for kind, port in (("tlstcp", self.tls), ("dtlsudp", self.dtls))])
        for length in (9000, 20000):
            with open(f"{home}/{length}", "w") as f:
                f.write("x" * length)
            self.agent.lines.append(f"extend v{length} /bin/cat {home}/{length}")
        for folder in ("certs", "private"):
            os.makedirs(f"{self.agent.directory}/tls/{folder}")
        for name in ("snmpd", "manager", "guest", "ca"):
            os.symlink(c.path(name + ".crt"), f"{self.agent.directory}/tls/certs/{name}.crt")
        os.symlink(c.path("snmpd.key"), f"{self.agent.directory}/tls/private/snmpd.key")

    def ours(self, name="manager"):
        return ["--tls-certificate", self.certificates.path(name + ".crt"), "--tls-key", self.certificates.path(name + ".key")]

    def known(self, name="snmpd"):
        return ["--tls-fingerprint", self.certificates.fingerprint(name)]

    def signed(self, *name):
        return ["--tls-ca", self.certificates.path("ca.crt"), *name]

    def get(self, address, *options, name=NAME):
        return trapline(self.home, "get", *options, "-t", "1", "-r", "1", address, name, "--numeric")

    def refused(self, words, what, address, *options):
        run = self.get(address, *options)
        ok(words in run.stderr and run.returncode != 0 and run.stderr.count("\n") == 1, what, run.stderr, run.stdout)


class Front:
    """Takes TLS and passes what comes on to an address over TLS 1.0; or takes connections and says nothing."""

    def __init__(self, rig, to, certificate="snmpd", ask=True, version=None, hangs_up_after=None, silent=False):
        self.to, self.silent, self.connections, self.versions = to, silent, 0, set()
        self.hangs_up_after = hangs_up_after
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(rig.certificates.path(certificate + ".crt"), rig.certificates.path(certificate + ".key"))
        if ask:
            self.server.verify_mode = ssl.CERT_REQUIRED
            self.server.load_verify_locations(rig.certificates.path("manager.crt"))
        if version:
            self.server.maximum_version = version
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client.check_hostname, self.client.verify_mode = False, ssl.CERT_NONE
        self.client.set_ciphers("DEFAULT:@SECLEVEL=0")
        self.client.minimum_version = ssl.TLSVersion.TLSv1
        self.client.load_cert_chain(rig.certificates.path("manager.crt"), rig.certificates.path("manager.key"))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.address = f"tls:127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection = self.listener.accept()[0]
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection, self.connections), daemon=True).start()

    def serve(self, connection, number):
        try:
            if self.silent:
                while connection.recv(65536):
                    pass
                return
            with self.server.wrap_socket(connection, server_side=True) as near, \
                    self.client.wrap_socket(socket.create_connection(("127.0.0.1", self.to))) as far:
                self.versions.add(near.version())
                passed = 0
                while True:
                    for one, other in ((near, far), (far, near)):
                        if one.pending() or one in select.select([near, far], [], [], 0.05)[0]:
                            octets = one.recv(65536)
                            if not octets:
                                return
                            passed += one is far
                            if number == 1 and passed == self.hangs_up_after:
                                return
                            other.sendall(octets)
        except OSError:
            pass


class DatagramFront:
    """Between us and snmpd over DTLS. After `forget` it drops what belongs to sessions from before, as an agent does that has
    restarted. snmpd does not: one such record, and no handshake succeeds with it any more."""

    def __init__(self, to):
        self.to, self.ways, self.old, self.dropped = ("127.0.0.1", to), {}, set(), 0
        self.near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.near.bind(("127.0.0.1", 0))
        self.address = f"dtls:127.0.0.1:{self.near.getsockname()[1]}"
        threading.Thread(target=self.carry, daemon=True).start()

    def forget(self):
        self.old = set(self.ways)

    def carry(self):
        while True:
            for s in select.select([self.near, *self.ways.values()], [], [])[0]:
                try:
                    octets, peer = s.recvfrom(65536)
                except OSError:  # snmpd is away
                    continue
                if s is not self.near:
                    self.near.sendto(octets, next(at for at, way in self.ways.items() if way is s))
                elif peer in self.old:
                    self.dropped += 1
                else:
                    if peer not in self.ways:
                        self.ways[peer] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                        self.ways[peer].connect(self.to)
                    self.ways[peer].send(octets)


def restart(rig):
    """An agent that restarts between two questions: the next one is answered in its time, over a session made anew."""
    front = DatagramFront(rig.dtls)
    for retries in ("3", "1"):
        run = trapline_start(rig.home, "poll", *rig.ours(), *rig.known(), "-i", "2", "-t", "1", "-r", retries, "--count", "4", front.address,
                             "1.3.6.1.2.1.1.3.0", "--json", stderr=subprocess.PIPE)
        lines = [run.stdout.readline(), run.stdout.readline()]
        before, sessions = front.dropped, len(front.ways)
        rig.agent.stop()
        rig.agent.start()
        front.forget()
        out, err = run.communicate(timeout=60)
        lines += out.splitlines()
        ok(len(lines) == 4 and all('"value"' in line for line in lines) and run.returncode == 0 and err == "" and front.dropped > before and
           len(front.ways) == sessions + 1, f"DTLS, the agent restarts, {retries} retries: no answer is missed, with one session more",
           *lines, err, str(front.dropped - before), str(len(front.ways) - sessions))


def everything(rig, what, address, *options):
    """Get, walk and set, and the walk is what UDP sees."""
    run = rig.get(address, *options)
    ok(run.returncode == 0 and NAME in run.stdout and run.stderr == "", f"get over {what}", run.stdout, run.stderr)
    community = os.path.join(rig.home, "community")
    with open(os.open(community, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        f.write("public\n")
    walks = [trapline(rig.home, "walk", *access, "1.3.6.1.2.1", "--numeric") for access in
             (["--community-file", community, f"127.0.0.1:{rig.agent.port}"], [*options, address])]
    # What changes while snmpd serves: connections, addresses and processes of this machine.
    still = [{line.split()[0] for line in walk.stdout.splitlines() if line.startswith(("1.3.6.1.2.1.1.", "1.3.6.1.2.1.2.", "1.3.6.1.2.1.11."))}
             for walk in walks]
    ok(len(still[0]) > 40 and still[0] == still[1] and walks[1].returncode == 0, f"walk over {what}: as over UDP",
       str(len(still[0])), str(len(still[1])), walks[1].stderr)
    ok(len(walks[1].stdout) > 20000, "and it is long", str(len(walks[1].stdout)))
    run = trapline(rig.home, "set", *options, address, f"{CONTACT}=s:over {what}", "--yes")
    got = rig.get(address, *options, name=CONTACT)
    ok(run.returncode == 0 and f"over {what}" in got.stdout, f"set over {what}", run.stdout, run.stderr, got.stdout)


def six(rig):
    for address, options in ((f"dtls:[::1]:{rig.dtls}", rig.signed()), (f"tls:[::1]:{rig.tls}", [*rig.signed(), "--tls-oldest", "1.0"])):
        run = rig.get(address, *rig.ours(), *options)
        ok(run.returncode == 0 and NAME in run.stdout, f"IPv6, {address.split(':')[0].upper()}: a certificate that names the address", run.stderr)


def large(rig):
    """A message over DTLS is one record of at most 16 KiB: more objects take more requests, one value that is longer cannot come."""
    def name(length):
        text = f"v{length}"
        return f"1.3.6.1.4.1.8072.1.3.2.3.1.2.{len(text)}." + ".".join(str(ord(c)) for c in text)

    def read(address, *names):
        return trapline(rig.home, "get", *rig.ours(), *rig.known(), "--tls-oldest", "1.0", address, *names, "--numeric")
    over = {"DTLS": f"dtls:127.0.0.1:{rig.dtls}", "TLS": f"tls:127.0.0.1:{rig.tls}"}
    run = read(over["DTLS"], *[name(9000)] * 4)
    ok(run.returncode == 0 and run.stdout.count("x" * 9000) == 4, "DTLS: 36 KB of values come in several answers", run.stderr)
    run = read(over["DTLS"], name(20000))
    ok(run.returncode != 0 and "tooBig" in run.stderr, "one of 20 KB is too big for it, and that is said", run.stderr)
    run = read(over["TLS"], name(20000))
    ok(run.returncode == 0 and "x" * 20000 in run.stdout, "and comes over TLS", run.stderr)


def many(rig):
    """More agents than there may be sessions: each has its turn, and processes and descriptors have an end. Over TCP: snmpd
    finishes no DTLS handshake while another one goes on."""
    count = 30 if sanitized() else 270
    at = f"tls:127.0.0.1:{rig.tls}"
    run = trapline_start(rig.home, "poll", *rig.ours(), *rig.known(), "--tls-oldest", "1.0", "-t", "5", "-i", "1", "--count", "2", "--json",
                         "--quiet", ",".join([at] * count), "1.3.6.1.2.1.1.3.0", stderr=subprocess.PIPE)
    lines = relays = descriptors = 0
    for _ in run.stdout:
        lines += 1
        if lines % 50 == 0:
            relays = max(relays, len(children(run.pid)))
            descriptors = max(descriptors, len(os.listdir(f"/proc/{run.pid}/fd")))
    said = run.stderr.read()
    ok(lines == 2 * count and run.wait(60) == 0 and said == "", f"{count} agents over TLS, each asked twice", str(lines), said[:500])
    ok(relays <= 256 and descriptors < 2 * 256 + 40, "by no more than 256 sessions at a time", str(relays), str(descriptors))


def sanitized():
    with open(f"{BUILD}/trapline-tls", "rb") as f:
        return b"libasan" in f.read()


def terms(rig):
    at = f"dtls:127.0.0.1:{rig.dtls}"
    for options, what in ((rig.signed(), "the address"), (rig.signed("--tls-name", "localhost"), "a name")):
        run = rig.get(at, *rig.ours(), *options)
        ok(run.returncode == 0 and NAME in run.stdout, f"a certificate that is signed and names {what}", run.stderr)
    rig.refused("authorizationError(16)", "an agent that knows our certificate and lets it read nothing", at, *rig.ours("guest"), *rig.known())
    front = Front(rig, rig.tls).address
    rig.refused("IP address mismatch; it is expected to name 127.0.0.2", "signed, but for another", front, *rig.ours(),
                *rig.signed("--tls-name", "127.0.0.2"))
    fingerprint = rig.certificates.fingerprint("snmpd").replace(":", "").lower()
    rig.refused("its fingerprint is " + fingerprint, "another fingerprint", front, *rig.ours(), *rig.known("manager"))
    rig.refused("the agent's certificate is refused: unable to get", "signed by nobody that is trusted", front, *rig.ours(),
                "--tls-ca", rig.certificates.path("manager.crt"))
    rig.refused("certificate has expired", "a certificate that is too old", Front(rig, rig.tls, "late").address, *rig.ours(), *rig.signed())
    rig.refused("it is expected to name 127.0.0.1", "one for another host", Front(rig, rig.tls, "elsewhere").address, *rig.ours(), *rig.signed())
    rig.refused("refuses the connection", "an agent that does not know our certificate", front, *rig.ours("stranger"), *rig.known())


def settings(rig):
    at = f"dtls:127.0.0.1:{rig.dtls}"
    c = rig.certificates
    with open(c.path("locked.key"), "w") as f:
        f.write(subprocess.run(["openssl", "rsa", "-aes128", "-passout", "pass:x", "-in", c.path("manager.key")],
                               capture_output=True, text=True, check=True).stdout)
    os.chmod(c.path("locked.key"), 0o600)
    rig.refused("TLS needs a certificate that says who we are", "no certificate", at, "-v3", *rig.known())
    rig.refused("TLS needs to know whom to believe", "nobody to believe", at, *rig.ours())
    rig.refused("TLS carries SNMPv3 only", "SNMPv2c", at, "-v2c", *rig.ours(), *rig.known())
    rig.refused("is not a SHA-256", "a fingerprint that is none", at, *rig.ours(), "--tls-fingerprint", "12:34")
    rig.refused("none of 1.0, 1.2 and 1.3", "a version that is none", at, *rig.ours(), *rig.known(), "--tls-oldest", "3")
    rig.refused("no DTLS 1.3", "DTLS 1.3", at, *rig.ours(), *rig.known(), "--tls-oldest", "1.3")
    rig.refused("no-such.crt: no certificate can be read", "a certificate that is not there", at, "--tls-certificate", c.path("no-such.crt"), *rig.known())
    rig.refused("locked.key: no private key", "a key with a password", at, "--tls-certificate", c.path("manager.crt"), "--tls-key", c.path("locked.key"), *rig.known())
    with open(c.path("open.key"), "w") as f, open(c.path("manager.key")) as key:
        f.write(key.read())
    os.chmod(c.path("open.key"), 0o644)
    rig.refused("open.key", "a key that others can read", at, "--tls-certificate", c.path("manager.crt"), "--tls-key", c.path("open.key"), *rig.known())
    rig.refused("guest.key: no private key", "another's key", at, "--tls-certificate", c.path("manager.crt"), "--tls-key", c.path("guest.key"), *rig.known())
    rig.refused("no-such.pem: no certificates", "signers that are not there", at, *rig.ours(), "--tls-ca", c.path("no-such.pem"))
    config = rig.home + "/trapline"
    os.makedirs(config, exist_ok=True)
    with open(config + "/trapline.conf", "w") as f:
        f.write(f'profile "secure" {{\nversion = 3\ntls-certificate = "{c.path("manager.crt")}"\ntls-key = "{c.path("manager.key")}"\n'
                f'tls-fingerprint = "{c.fingerprint("snmpd")}"\n}}\ndevice "agent" {{\naddress = "{at}"\nprofile = "secure"\n}}\n')
    run = trapline(rig.home, "get", "agent", NAME, "--numeric")
    ok(run.returncode == 0 and NAME in run.stdout, "a device and its profile in the settings", run.stderr)
    for line, words in (('version = 2c\ntls-certificate = "/a"', "say version = 3"), ('version = 3\ntls-certificate = "/a"', "lacks tls-fingerprint or tls-ca"),
                        ('version = 3\ntls-certificate = "/a"\ntls-fingerprint = "12"', "is not a SHA-256")):
        with open(config + "/trapline.conf", "w") as f:
            f.write(f'profile "secure" {{\n{line}\n}}\n')
        run = trapline(rig.home, "get", "agent", NAME)
        ok(words in run.stderr and "trapline.conf:" in run.stderr, f"and what is wrong there is said: {words}", run.stderr)
    os.unlink(config + "/trapline.conf")


def losses(rig):
    at = f"dtls:127.0.0.1:{rig.dtls}"
    front = Front(rig, rig.tls, hangs_up_after=2)  # the second answer of the first session
    run = rig.get(front.address, *rig.ours(), *rig.known())
    ok(run.returncode == 0 and front.connections == 2, "an agent that hangs up instead of an answer is asked once more", run.stderr, str(front.connections))
    silent = Front(rig, 0, silent=True)
    rig.refused("no TLS session in 2.0 s", "a handshake that is never answered", silent.address, *rig.ours(), *rig.known())
    plain = socket.create_server(("127.0.0.1", 0))

    def answer():
        while True:
            plain.accept()[0].sendall(b"0\x0a\x02\x01\x01" + b"x" * 40)
    threading.Thread(target=answer, daemon=True).start()
    rig.refused("TLS", "an agent that does not speak TLS", f"tls:127.0.0.1:{plain.getsockname()[1]}", *rig.ours(), *rig.known())
    closed = free_port()
    for kind in ("tls", "dtls"):
        rig.refused("Connection refused; does an agent listen there", f"nobody listens, {kind}", f"{kind}:127.0.0.1:{closed}", *rig.ours(), *rig.known())


def last(rig):
    at = f"dtls:127.0.0.1:{rig.dtls}"
    run = trapline_start(rig.home, "poll", *rig.ours(), *rig.known(), "-i", "1", at, "1.3.6.1.2.1.1.3.0", "--json")
    line = run.stdout.readline()
    with open(f"/proc/{children(run.pid)[0]}/status") as f:
        status = f.read()
    # A sanitizer needs calls that no list of ours allows.
    ok("value" in line and (sanitized() or "Seccomp:\t2" in status) and "NoNewPrivs:\t1" in status and "CapEff:\t0000000000000000" in status,
       "the relay is shut in", line, status)
    relay = children(run.pid)[0]
    run.kill()
    run.wait(20)
    for _ in range(1000):
        if not os.path.exists(f"/proc/{relay}"):
            break
        select.select([], [], [], 0.01)
    ok(not os.path.exists(f"/proc/{relay}"), "and ends with whoever started it, killed or not")
    fingerprint = rig.certificates.fingerprint("snmpd").replace(":", "").lower()
    rig.refused("its fingerprint is " + fingerprint, "another fingerprint, over DTLS", at, *rig.ours(), *rig.known("manager"))


def children(pid):
    """Those that work: one that has ended and was not waited for yet counts no more."""
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        all_of_them = f.read().split()
    alive = []
    for child in all_of_them:
        try:
            with open(f"/proc/{child}/stat") as f:
                alive += [child] if f.read().rpartition(")")[2].split()[0] != "Z" else []
        except OSError:
            pass
    return alive


def main():
    with tempfile.TemporaryDirectory() as home:
        rig = Rig(home)
        with rig.agent:
            trusted = [*rig.ours(), *rig.known()]
            everything(rig, "DTLS 1.2", f"dtls:127.0.0.1:{rig.dtls}", *trusted)
            restart(rig)  # its TCP ports are free only as long as nobody has connected
            everything(rig, "TLS 1.0", f"tls:127.0.0.1:{rig.tls}", *trusted, "--tls-oldest", "1.0")
            rig.refused("may be older than tls-oldest allows", "which is not spoken unless it is asked for", f"tls:127.0.0.1:{rig.tls}", *trusted)
            for name, version in (("TLS 1.3", None), ("TLS 1.2", ssl.TLSVersion.TLSv1_2)):
                front = Front(rig, rig.tls, version=version)
                everything(rig, f"{name}, through a front", front.address, *trusted)
                ok(front.versions == {name.replace(" ", "v")}, "which it was", str(front.versions))
            for part in (*[six] * has_ipv6(), large, many, settings, terms, losses, last):
                part(rig)
    end()


if __name__ == "__main__":
    main()
