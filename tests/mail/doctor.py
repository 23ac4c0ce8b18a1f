#!/usr/bin/python3
"""trapline mail doctor: for each thing that can be wrong with a relay the step that fails, and what to change."""
import json
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests", "mail"))
import rig

tap = rig.Tap()
certs = rig.certificates()
password, wrong = rig.secret_file("s3cret"), rig.secret_file("other", "wrong")
conf = rig.WORK + "/conf"
os.makedirs(conf)
ENV = dict(os.environ, TRAPLINE_STATE=rig.WORK + "/state", TRAPLINE_CACHE=rig.WORK + "/cache", HOME=rig.WORK)


def sink(how):
    return rig.start(["/usr/bin/python3", rig.HERE + "/sink.py", "--maildir", rig.WORK + "/box-" + how, "--" + how, "--certs", certs,
                      "--watch", "--user", "noc", "--password-file", password])[1]


closed = socket.socket()
closed.bind(("127.0.0.1", 0))  # bound, but nobody listens
starttls, implicit = sink("starttls"), sink("implicit")
# name: settings, the step that fails or None, what the advice names
cases = {
    "good": ({"port": starttls}, None, ""),
    "implicit": ({"port": implicit, "security": "tls"}, None, ""),
    "no name": ({"server": "no.such.invalid"}, "name", "getent"),
    "no server": ({"port": closed.getsockname()[1]}, "port", "587"),
    "wrong security": ({"port": starttls, "security": "tls"}, "tls", "security"),
    "unknown CA": ({"port": starttls, "ca-file": certs + "/self.pem"}, "certificate", "ca-file"),
    "wrong password": ({"port": starttls, "password-file": wrong}, "auth", "password"),
    "no secret": ({"port": starttls, "password-file": None, "password-command": ["/bin/false"]}, "auth", "password-command"),
    "mechanism": ({"port": starttls, "mechanisms": ["SCRAM-SHA-256"]}, "auth", "mechanisms"),
    "no user": ({"port": starttls, "user": None, "password-file": None}, "sender", "user"),
}


def literal(value):
    if isinstance(value, list):
        return "{ %s }" % ", ".join(map(literal, value))
    return str(value) if isinstance(value, int) else '"%s"' % value


with open(os.open(conf + "/trapline.conf", os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
    for name, (changes, _, _) in cases.items():
        settings = {"server": "localhost", "ca-file": certs + "/ca.pem", "user": "noc", "password-file": password,
                    "from": "noc@localhost", **changes}
        f.write('mail "%s" {\n%s}\n' % (name, "".join("  %s = %s\n" % (k, literal(v)) for k, v in settings.items() if v is not None)))


def doctor(*arguments):
    run = subprocess.run([rig.BUILD + "/trapline", "--config", conf, "mail", "doctor", *arguments], env=ENV, capture_output=True,
                         text=True, timeout=240)
    return run.returncode, run.stdout, run.stderr


status, out, err = doctor("--json")
reports = {r["relay"]: r for r in map(json.loads, out.splitlines())}
tap.same(status, 3, "with one that fails the exit status is 3")
tap.same(list(reports), list(cases), "every mail section is looked at")
for name, (_, step, advice) in cases.items():
    report = reports.get(name, {"steps": [], "advice": "", "good": None})
    states = {s["step"]: s["state"] for s in report["steps"]}
    order = [s["step"] for s in report["steps"]]
    tap.same((report["good"], [s for s in order if states[s] == "bad"]), (step is None, [step] if step else []),
             name + ": what fails is %s" % (step or "nothing"))
    tap.ok(advice in report["advice"] and bool(report["advice"]) == (step is not None), name + ": and what to change", report)
    if step:
        before, behind = order[:order.index(step)], order[order.index(step) + 1:]
        tap.ok(all(states[s] in ("good", "not needed") for s in before) and
               all(states[s] in ("not reached", "not needed") for s in behind), name + ": before it all is good, behind it nothing is known",
               states)
certificate = next(s["detail"] for s in reports["good"]["steps"] if s["step"] == "certificate")
tap.ok("CN=good.test" in certificate and "until" in certificate and "verified for localhost" in certificate,
       "the certificate's name, issuer and end are shown", certificate)
status, out, err = doctor("good", "--verbose")
tap.ok(status == 0 and "✓ sender" in out and "\n> EHLO " in out and out.endswith("\n"), "one by its name, with the conversation", out, err)
tap.ok("s3cret" not in out and "AUTH PLAIN ********" in out, "and no password in it", out)
tap.same(doctor("nobody")[0], 2, "a name that no section has")
tap.same(sum(len(os.listdir(rig.WORK + "/box-%s/new" % how)) for how in ("starttls", "implicit")), 0, "and no mail was sent")
tap.done()
