#!/usr/bin/python3
"""Mail systems of this machine: a sendmail-style program. (LMTP over a socket is in matrix.py.)"""
import email
import email.policy
import os
import stat
import sys

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests", "mail"))
import rig
from rig import deliver, job, message

tap = rig.Tap()


def program(name, text):
    path = os.path.join(rig.WORK, name)
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, stat.S_IRWXU)
    return path


def run(path, messages, *more):
    return deliver(job([("transport", "pipe"), ("command", path), ("command", "-own"), ("step", "30"), *more], messages))


def status(n):
    return program("ends-%d" % n, "cat >/dev/null; exit %d\n" % n)


keep = program("keep", 'printf "%s\\n" "$@" >>"$0.args"; cat >>"$0.mail"\n')
r = run(keep, [message(("a@localhost", "b@localhost"), text="Grüße\n.\nFrom here\n")])
tap.same((r.classes, r.cause), ([("delivered", 0)] * 2, "none"), "a program that takes the message: delivered")
with open(keep + ".args") as f:
    tap.same(f.read().split("\n"), ["-own", "-i", "-f", "noc@localhost", "--", "a@localhost", "b@localhost", ""],
             "its own arguments, the sender, and the recipients behind --")
with open(keep + ".mail", "rb") as f:
    octets = f.read()
m = email.message_from_bytes(octets, policy=email.policy.default)
tap.same((m["Subject"], m.get_content(), b"\r" in octets), ("link down", "Grüße\n.\nFrom here\n", False),
         "the message is what was meant, with the line ends of this system")
os.remove(keep + ".args")
r = run(keep, [message(("a@localhost", "grüße@localhost")), message(("grüße@localhost",)), message(message_id="<2.test@localhost>")])
tap.same(sorted((l[1], l[2], l[5]) for l in r.lines if l[0] == "verdict"),
         [("1", "1", "delivered"), ("1", "2", "permanent"), ("2", "1", "permanent"), ("3", "1", "delivered")],
         "an address of other letters is refused alone, and keeps no other message")
for n, verdict in ((0, "delivered"), (64, "temporary"), (65, "permanent"), (67, "permanent"), (68, "permanent"), (69, "temporary"),
                   (75, "temporary"), (77, "permanent"), (1, "temporary")):
    tap.same(run(status(n), [message()]).classes, [(verdict, 0)], "status %d: %s" % (n, verdict))
r = run(program("early", "exit 75\n"), [message(text="x\n" * 200000)])
tap.same(r.classes, [("temporary", 0)], "one that ends before it has read all")
r = run(program("hangs", "exec sleep 100\n"), [message(text="x\n" * 200000)], ("step", "2"))
tap.same((r.classes, r.cause), ([("temporary", 0)], "timeout"), "one that does not read: the limit ends it, and it has no whole message")
r = run(program("thinks", "cat >/dev/null; exec sleep 100\n"), [message()], ("step", "2"))
tap.same((r.classes, r.cause), ([("unknown", 0)], "timeout"), "one that has read all and does not end: unknown")
r = run("/nonexistent/sendmail", [message()])
tap.same((r.classes, r.cause), ([("temporary", 0)], "settings"), "one that is not there: later, and why")
r = deliver(b"nonsense 3\nabc\n")
tap.same((r.status, r.cause), (2, "job"), "a job that is none")
tap.done()
