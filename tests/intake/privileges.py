"""Who the collector is while it runs: no capabilities, no new privileges, intake with a list of system calls and Landlock;
its sockets by systemd's activation; a port that is taken; every process killed by SIGSEGV, started again with growing
gaps, shown, with nothing committed lost."""
from collector import *


def status(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def check_privileges(collector, what):
    for name, pid in [("traplined", collector.process.pid)] + list(collector.children().items()):
        s = status(pid)
        caps = [s[c].strip("0") for c in ("CapInh", "CapPrm", "CapEff", "CapAmb")]
        equal(caps, [""] * 4, what + name + ": no capabilities")
        equal(s["NoNewPrivs"].strip(), "1", what + name + ": no new privileges")
    if not SANITIZED:
        equal(status(collector.pid("trapline-intake"))["Seccomp"].strip(), "2", what + "intake: system calls by a list")
    ok(wait(lambda: re.search("no new privileges, .*no capabilities", collector.log())), what + "intake says so",
       collector.log())


collector = Collector()
collector.start()
check_privileges(collector, "")

# Killed, one after the other.
mine = udp()
mine.settimeout(30)


def inform(number):
    mine.sendto(v2c(number, tag=0xa6), ("127.0.0.1", collector.port))
    return mine.recv(9999) == v2c(number, tag=0xa2)


number, kills = 0, {"trapline-intake": 0, "writer": 0}
for name in kills:
    gaps = []
    for _ in range(4):
        pid = wait(lambda: collector.pid(name), 30)
        number += 1
        ok(inform(number), "%s runs: an inform is answered" % name)
        os.kill(pid, signal.SIGSEGV)
        began = time.monotonic()
        kills[name] += 1
        ok(wait(lambda: collector.pid(name) not in (None, pid), 30), "killed by SIGSEGV, it is started again")
        gaps.append(time.monotonic() - began)
        if name == "writer": # while it is away, all waits
            blast("traps", collector.port, count=20)
    # At least 0.1, 0.2, 0.4, 0.8 s: a busy machine makes them longer, never shorter.
    ok(all(g > 0.09 * 2**i for i, g in enumerate(gaps)), "with growing gaps: " + " ".join("%.2f" % g for g in gaps))
ok(inform(99), "and at the end an inform is answered")
ok(wait(lambda: collector.look()["restarts"] == (4, 4)), "restarts are shown", collector.look())
ok(wait(lambda: collector.ledger()["waiting"] == 0 and collector.count() == number + 1 + 80),
   "all is there", collector.count(), collector.ledger())
equal(len(re.findall(r"ended: (killed by signal 11|exit status)", collector.log())), 8, "and logged") # ASan catches it
ok(wait(collector.adds_up), "the ledger adds up", collector.ledger())
check_privileges(collector, "started again: ")
ok(wait(lambda: "trapline_restarts_total{part=\"intake\"} 4" in
        open(os.path.join(collector.state, "trapline.prom")).read(), 30), "for Prometheus, too")

# The port is taken.
other = Collector(listen=("udp:127.0.0.1:%d" % collector.port,))
result = subprocess.run([BUILD + "/traplined", "--config", other.conf], env=other.environment, capture_output=True,
                        text=True, timeout=30)
ok(result.returncode not in (0, 1) and "taken by traplined (pid %d)" % collector.process.pid in result.stderr and
   "forward default udp:127.0.0.1" in result.stderr, "a port that is taken: by whom, and what to do", result.stderr)
# What cannot be, and whose fault it is.
with udp() as s:
    number = s.getsockname()[1]
for listen, words in ((("udp:127.0.0.1:%d" % number, "udp:127.0.0.1:%d" % number), "port %d is named twice" % number),
                      (("udp:%d" % number, "udp:127.0.0.1:%d" % number), "port %d is named twice" % number),
                      (("udp:203.0.113.9:%d" % number,), "none of this machine's addresses")):
    other.listen = listen
    other.configure("")
    result = subprocess.run([BUILD + "/traplined", "--config", other.conf], env=other.environment, capture_output=True, text=True,
                            timeout=30)
    ok(result.returncode not in (0, 1) and words in result.stderr and len(result.stderr.splitlines()) == 1,
       "listening on %s: a sentence" % " and ".join(listen), result.stderr)
other.listen = ()
other.configure("")
other.start(wait_ready=False)
ok(wait(lambda: "listening nowhere: the setting listen is empty" in other.log()), "listening nowhere is told", other.log())
equal(other.stop(), 0, "and is no mistake: there may be mail to send")
# And when it is hidden from us, whose it is: as an ordinary user, who may have neither the port nor a look.
if os.geteuid() == 0:
    def hidden():
        other.configure("")
        return subprocess.run(["setpriv", "--reuid=nobody", "--clear-groups", BUILD + "/traplined", "--config", other.conf],
                              env=other.environment, capture_output=True, text=True, timeout=30).stderr

    for number in range(1023, 900, -1):
        try:
            low = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            low.bind(("127.0.0.1", number))
            break
        except OSError:
            low.close()
    other.listen = ("udp:127.0.0.1:%d" % number,)
    subprocess.run(["chown", "-R", "nobody", other.directory], check=True)
    words = hidden()
    ok("port %d is taken by a program of root's" % number in words and "sport = %d" % number in words,
       "a port that is for root alone, and taken", words)
    other.environment["PATH"] += ":/usr/sbin"
    trapd = subprocess.Popen(["snmptrapd", "-f", "-n", "-C", "-Lf", "/dev/null", "udp:127.0.0.1:0"], env=dict(
        other.environment, SNMP_PERSISTENT_DIR=collector.directory)) if shutil.which("snmptrapd", path="/usr/sbin") else None
    if trapd:
        ok(wait(lambda: "perhaps snmptrapd (pid %d)" % trapd.pid in hidden()), "and perhaps by snmptrapd, which runs", hidden())
        trapd.kill()
        trapd.wait()
    low.close()
    words = hidden()
    ok("port %d is for root alone" % number in words, "free again, it is only for root", words)
# Two on one state directory.
result = subprocess.run([BUILD + "/traplined", "--config", collector.conf], env=collector.environment,
                        capture_output=True, text=True, timeout=30)
ok("is running on" in result.stderr and "pid %d" % collector.process.pid in result.stderr, "a second one refuses",
   result.stderr)
equal(collector.stop(), 0, "SIGTERM ends it well")

# systemd's sockets: the descriptors 3 and 4, and the words that go with them.
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
four.bind(("127.0.0.1", 0))
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
six.bind(("::1", 0))
activated = Collector(listen=("udp:127.0.0.1:162", "udp6:[::1]:162"))
# Its buffer, larger than an ordinary user may have, is not made smaller.
FORCE, granted, mighty = 33, 48 << 20, True
try:
    four.setsockopt(socket.SOL_SOCKET, FORCE, granted)
except PermissionError:
    mighty = False
script = 'exec 3<&%d 4<&%d; LISTEN_FDS=2 LISTEN_PID=$$ exec %s "$@"' % (
    four.fileno(), six.fileno(), "setpriv --bounding-set=-net_admin" if mighty else "")
os.set_inheritable(four.fileno(), True)
os.set_inheritable(six.fileno(), True)
activated.start(prefix=["bash", "-c", script, "sh"], close_fds=False)
for family, address, port in ((socket.AF_INET, "127.0.0.1", four.getsockname()[1]), (socket.AF_INET6, "::1", six.getsockname()[1])):
    s = udp(family)
    s.settimeout(20)
    s.sendto(v2c(1, tag=0xa6), (address, port))
    ok(s.recv(9999) == v2c(1, tag=0xa2), "by systemd's socket: an inform to %s is answered" % address)
check_privileges(activated, "activated: ")
names = [name for (name,) in activated.rows("SELECT name FROM listener ORDER BY name")]
equal(names, ["systemd:0", "systemd:1"], "the ledger has both")
buffers = dict(activated.rows("SELECT name, granted FROM listener"))
if mighty:
    ok(buffers["systemd:0"] >= granted, "systemd's buffer is kept", activated.log())
# Of an ordinary one, all that may be had is asked for; when that is less than was wanted, what mends it is said.
BUFFER = 64 << 20
with open("/proc/sys/net/core/rmem_max") as f:
    most = min(int(f.read()), BUFFER)
equal(buffers["systemd:1"], most, "an ordinary user is granted what net.core.rmem_max allows")
equal("systemd:1: receive buffer of %d KiB where %d were asked for: a burst may be lost; as root: sysctl -w "
      "net.core.rmem_max=%d" % (most >> 10, BUFFER >> 10, BUFFER) in activated.log(), most < BUFFER, "and how to have more is told")
if mighty:
    equal(collector.rows("SELECT granted FROM listener")[0][0], BUFFER, "root is granted all")
equal(activated.stop(), 0, "SIGTERM ends it well")
tcp = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
os.set_inheritable(tcp.fileno(), True)
result = subprocess.run(["bash", "-c", 'exec 3<&%d; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' % tcp.fileno(), "sh",
                         BUILD + "/traplined", "--config", activated.conf], env=activated.environment,
                        capture_output=True, text=True, close_fds=False, timeout=30)
ok("ListenDatagram" in result.stderr or "listening" in result.stdout, "a socket of another kind is refused", result.stderr)

# Started by root: it becomes another user.
if os.geteuid() == 0:
    import pwd
    nobody = pwd.getpwnam("nobody")
    low = Collector()
    for path in (low.directory, low.conf, os.path.join(low.conf, "trapline.conf")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    low.arguments = ["--user", "nobody"]
    low.environment["HOME"] = low.directory
    low.start()
    for name, pid in [("traplined", low.process.pid)] + list(low.children().items()):
        equal(status(pid)["Uid"].split(), [str(nobody.pw_uid)] * 4, "--user: %s is nobody" % name)
    check_privileges(low, "--user: ")
    equal(low.stop(), 0, "SIGTERM ends it well")
else:
    result = subprocess.run([BUILD + "/traplined", "--config", other.conf, "--user", "root"], env=other.environment,
                            capture_output=True, text=True, timeout=30)
    ok(result.returncode not in (0, 1), "an ordinary user cannot become another", result.stderr)
done()
