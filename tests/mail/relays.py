#!/usr/bin/python3
"""Several mail sections: mail that names none goes by the next when the first is down, mail that names one waits for it; an LMTP
socket and a sendmail-style program beside them. A mail that can be put in no job dies alone, with the words."""
import email
import email.policy
import os
import sys

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path[:0] = [TOP + "/tests/mail", TOP + "/tests/intake"]
import rig
import script
from collector import *

closed = socket.socket()
closed.bind(("127.0.0.1", 0))  # bound, but nobody listens
second, lmtp = script.Server("notls"), script.Server("lmtp+notls", unix=rig.WORK + "/lmtp")
program = rig.WORK + "/program"
with open(program, "w") as f:
    f.write('#!/bin/sh\nprintf "%s\\n" "$@" >"$0.args"; cat >"$0.part" && mv "$0.part" "$0.mail"\n')
os.chmod(program, 0o700)
collector = Collector("""
mail "first" { server = "localhost" port = %d security = "plain" from = "noc@localhost" }
mail "second" { server = "localhost" port = %d security = "plain" from = "noc@localhost" }
mail "socket" { server = "%s" from = "noc@localhost" }
mail "program" { command = { "%s" } from = "noc@localhost" }
""" % (closed.getsockname()[1], second.port, rig.WORK + "/lmtp", program))
collector.start()


def trapline(*arguments, octets=b""):
    return subprocess.run([BUILD + "/trapline", "--config", collector.conf, "--quiet", *arguments], env=collector.environment,
                          input=octets, capture_output=True, timeout=120)


def send(subject, *arguments):
    run = trapline("send", "--to", "ana@example.net", "--subject", subject, *arguments, octets=b"text\n.\n")
    return int(run.stdout.split()[0])


def state(number):
    return collector.rows("SELECT state FROM mail WHERE id=?", number)[0][0]


def attempts(number):
    return collector.rows("SELECT relay, cause FROM mail_attempt WHERE mail=? ORDER BY id", number)


def subjects(server):
    return [email.message_from_bytes(b, policy=email.policy.default)["Subject"] for b in server.bodies]


any_ = send("by whichever works")
ok(wait(lambda: state(any_) == 3), "the first is down: the second has it", attempts(any_), collector.log()[-2000:])
equal(attempts(any_), [("first", "connect"), ("second", "none")], "after the first was tried")
mine = send("by the first", "--relay", "first")
other = send("behind it")
ok(wait(lambda: state(other) == 3), "mail that names none goes on by the second")
equal((state(mine), subjects(second)), (0, ["by whichever works", "behind it"]), "mail that names the first waits for it")

number = send("by LMTP", "--relay", "socket")
ok(wait(lambda: state(number) == 3), "a socket: sent", attempts(number))
equal((subjects(lmtp), lmtp.saw("LHLO"), lmtp.saw("EHLO")), (["by LMTP"], True, False), "in LMTP")
number = send("by a program", "--relay", "program")
ok(wait(lambda: state(number) == 3), "a program: sent", attempts(number))
with open(program + ".mail", "rb") as f, open(program + ".args") as a:
    equal((email.message_from_binary_file(f)["Subject"], a.read().split()), ("by a program", ["-i", "-f", "noc@localhost", "--", "ana@example.net"]),
          "and it has what was meant")

# By a hand in the store, or a version that checked less.
held = [send(text, "--relay", "second") for text in ("good", "bad", "good, too")]
trapline("mail", "hold", *map(str, held))
ok(wait(lambda: all(state(n) in (1, 3) for n in held)), "three are held, or gone", [state(n) for n in held])
with sqlite3.connect(collector.store, timeout=30) as db:
    db.execute("UPDATE mail SET subject=?, state=0 WHERE id=?", ("one\r\nBcc: evil@example.net", held[1]))
    db.execute("UPDATE mail_recipient SET state=0 WHERE mail=?", (held[1],))
trapline("mail", "retry", *map(str, held))
ok(wait(lambda: [state(n) for n in held] == [3, 6, 3]), "what can be put in no job is dead, the others are sent", [state(n) for n in held],
   collector.rows("SELECT id, state, attempts, words FROM mail"))
words = collector.rows("SELECT words FROM mail_recipient WHERE mail=?", held[1])[0][0]
ok("subject" in words or "control" in words, "with the words", words)
ok(not any(b"evil" in b for b in second.bodies), "and nothing of it was sent")
equal(collector.stop(), 0, "SIGTERM ends it well")
second.close()
lmtp.close()
done()
