"""What is for systemd: the units, as systemd's own checker reads them, and a collector that systemd-socket-activate starts when
the first notification comes in. Port 162 itself is tried in e2e/ports.sh."""
import threading
from collector import *
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from certificates import Certificates  # noqa: E402

for program in ("systemd-analyze", "systemd-socket-activate", "systemd-sysusers"):
    if not shutil.which(program):
        skip_all("there is no " + program)

# The units as they are installed, but with the program where it is now.
collector = Collector()
units = collector.directory + "/units"
os.mkdir(units)
for name, folder in (("traplined.service", BUILD), ("traplined.socket", SOURCE)):
    with open(folder + "/backend/collector/systemd/" + name) as f:
        text = f.read()
    text, found = re.subn(r"ExecStart=/\S+/traplined", "ExecStart=%s/traplined" % BUILD, text)
    equal(found, int(name.endswith(".service")), name + " starts traplined")
    with open("%s/%s" % (units, name), "w") as f:
        f.write(text)
for name in os.listdir(units):
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", "%s/%s" % (units, name)], capture_output=True, text=True,
                            timeout=60)
    about = [line for line in (result.stdout + result.stderr).splitlines() if "traplined" in line]
    ok(not about, name + ": systemd finds nothing wrong", *about)
result = subprocess.run(["systemd-sysusers", "--dry-run", BUILD + "/backend/collector/systemd/trapline.conf"], capture_output=True,
                        text=True, timeout=60)
ok(result.returncode == 0, "the user is one that systemd-sysusers makes", result.stderr)

# Both kinds of socket; the notification that starts the collector is not lost. A listener of TLS is opened beside them.
certificates = Certificates(collector.directory + "/certificates")
certificates.make("collector", "IP:127.0.0.1")
for what, option, target in (("UDP", ["--datagram"], "udp:127.0.0.1:%d"), ("TCP", [], "tcp:127.0.0.1:%d")):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if option else socket.SOCK_STREAM) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    passed = [word for name in ("TRAPLINE_STATE", "TRAPLINE_CACHE", "HOME") for word in ("-E", name)]
    activated = Collector(listen=("udp:127.0.0.1:0", "tls:127.0.0.1:0"))
    activated.configure('tls-certificate = "%s"\ntls-key = "%s"' % (certificates.path("collector.crt"), certificates.path("collector.key")))
    activated.process = subprocess.Popen(
        ["systemd-socket-activate"] + option + ["-l", "127.0.0.1:%d" % port] + passed +
        [BUILD + "/traplined", "--config", activated.conf], env=activated.environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    ok("Listening on 127.0.0.1:%d" % port in activated.process.stderr.readline(), what + ": systemd listens")
    threading.Thread(target=activated.process.stderr.read, daemon=True).start()
    equal(activated.log(), "", what + ": no collector runs")
    result = send("snmpinform", "-v", "2c", "-c", "public", "-t", "20", "-r", "0", target % port, "4711", LINK_DOWN, timeout=60)
    ok(result.returncode == 0, what + ": the inform that starts it is answered", result.stderr)
    ok("listening on 127.0.0.1:%d (systemd:0)" % port in activated.log(), what + ": by systemd's socket", activated.log())
    equal(activated.count(), 1, what + ": and is stored")
    equal(re.findall(r"listening on \S+ \((\S+)\)", activated.log()), ["systemd:0", "tls:127.0.0.1:0"], what + ": and TLS's own beside it")
    equal(activated.stop(), 0, what + ": SIGTERM ends it well")
done()
