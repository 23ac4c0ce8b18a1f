#!/usr/bin/python3
"""A line to a mail server that is not safe: no mail goes, the log has a row, the console's header a lamp, until a session
works again."""
import json
import os
import sys

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path[:0] = [TOP + "/tests/mail", TOP + "/tests/intake"]
import rig
import script
from collector import *

CERTS = rig.certificates()
PASSWORD = rig.secret_file("s3cret")
# What somebody in the line does, and the cause that the log names.
HOSTILE = {"gone": ("notls+plainauth", "starttls"), "behind": ("inject:all", "injection"), "later": ("inject:late", "tls"),
           "old": ("tls11", "tls"), "less": ("clear:STARTTLS,SIZE,DSN+within:SIZE,AUTH PLAIN", "capabilities"),
           "other": ("wrong certificate", "certificate")}
RELAY = """mail "%s" { server = "localhost" port = %d ca-file = "%s/ca.pem" user = "noc" password-file = "%s" from = "noc@localhost"
  timeout = 20 %s }
"""


def settings(name, port, more=""):
    return RELAY % (name, port, CERTS, PASSWORD, more)


def trapline(*arguments, octets=b""):
    return subprocess.run([BUILD + "/trapline", "--config", collector.conf, "--quiet", *arguments], env=collector.environment,
                          input=octets, capture_output=True, timeout=120)


class Console:
    """In a terminal of its own."""

    def __init__(self):
        self.tmux = ["tmux", "-S", rig.WORK + "/tmux"]
        subprocess.run([*self.tmux, "-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "30", "--", BUILD + "/trapline",
                        "--config", collector.conf], env=dict(collector.environment, LC_ALL="C.UTF-8"), check=True)

    def header(self):
        out = subprocess.run([*self.tmux, "capture-pane", "-p"], capture_output=True, text=True).stdout
        return out.splitlines()[0] if out else ""

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], capture_output=True)


    def lamp(self):
        return "mail not safe" in self.header()

    def dark(self):
        return "trapline" in self.header() and not self.lamp()


def causes():
    return {cause for cause, in collector.rows("SELECT cause FROM mail_attempt")}


def states():
    return collector.rows("SELECT state FROM mail ORDER BY id")


for name, (words, cause) in HOSTILE.items():
    server = script.Server(words, CERTS, "wrong" if name == "other" else "good")
    collector = Collector(settings(name, server.port)).start()
    trapline("send", "--to", "ana@example.net", "--subject", name, octets=b"text\n")
    wait(causes, 60)
    ok(causes() == {cause} and states() == [(0,)], "%s: %s, and the mail waits" % (words, cause), causes(), states())
    ok(not server.saw("MAIL") and not server.saw("AUTH"), "neither AUTH nor MAIL was said", server.log)
    ok(re.search(r'error.*mail "%s": %s: ' % (name, cause), collector.log()), "the log has a row", collector.log()[-1500:])
    console = Console()
    ok(wait(console.lamp, 30), "a lamp in the console's header", console.header())
    shown = trapline("mail", "queue").stdout.decode()
    ok("relay %s is not safe and fails, " % name in shown and "%s: " % cause in shown, "the queue says so", shown)
    server.close()
    if name == "later":
        trapline("mail", "flush")
        ok(wait(lambda: "connect" in causes(), 60) and console.lamp(), "one that now cannot be reached is not safe for that",
           causes(), console.header())
        server = script.Server("", CERTS, port=server.port)
        trapline("mail", "flush")
        ok(wait(lambda: states() == [(3,)], 60) and wait(console.dark, 30), "it is dark when a mail has gone",
           states(), console.header())
        server.close()
    elif name == "old":
        collector.stop()
        trapline("mail", "flush")
        shown = trapline("mail", "queue").stdout.decode()
        ok("tried again with the next mail: " in shown and "1970" not in shown, "after a flush it rests no more", shown)
        collector.configure(settings("another", server.port))
        collector.start()
        ok(wait(console.dark, 30), "it is dark when the relay is in the settings no more", console.header())
    console.close()
    equal(collector.stop(), 0, "SIGTERM ends it well")


def doctor():
    run = trapline("--json", "mail", "doctor")
    return json.loads(run.stdout)


def send(subject):
    trapline("send", "--to", "ana@example.net", "--subject", subject, octets=b"text\n")
    trapline("mail", "flush")


# What a server took before is remembered, over a restart of the collector.
server = script.Server("", CERTS)
collector = Collector(settings("relay", server.port)).start()
send("first")
ok(wait(lambda: states() == [(3,)], 60) and server.auths == ["SCRAM-SHA-256"], "sent, after AUTH SCRAM-SHA-256", server.log)
collector.stop()
server.close()
server = script.Server("mechs:PLAIN,LOGIN", CERTS, port=server.port)
collector.start()
send("second")
ok(wait(lambda: "capabilities" in causes(), 60) and states() == [(3,), (0,)], "now it wants to see the password: the mail waits", causes(), states())
equal((server.saw("MAIL"), server.auths), (False, []), "neither AUTH nor MAIL was said")
console = Console()
ok(wait(console.lamp, 30), "a lamp in the console's header", console.header())
report = doctor()
ok(not report["good"] and server.auths == [] and "took AUTH SCRAM-SHA-256 before and now offers PLAIN LOGIN" in str(report["steps"]),
   "the doctor says so, and does not show the password", report, server.log)
collector.stop()
collector.configure(settings("relay", server.port, 'mechanisms = { "PLAIN" }'))
collector.start()
trapline("mail", "flush")
ok(wait(lambda: states() == [(3,), (3,)], 60) and server.auths == ["PLAIN"], "a person says that it may: sent", states(), server.log)
ok(wait(console.dark, 30), "and the lamp is dark", console.header())
console.close()
equal(collector.stop(), 0, "SIGTERM ends it well")
done()
