#!/usr/bin/python3
"""trapline-mail against a server that hangs, drips, closes or lies at every step. For each case: the verdict on every
recipient, whether MAIL was said where it may not be, no password on an unprotected line, and every body that the server took
equal to the one that was meant, octet by octet; what was not told "delivered" or "unknown" was not taken.

matrix.py [PATTERN]   only the cases whose name matches; shows the report of those that fail"""
import base64
import concurrent.futures
import email
import email.policy
import os
import re
import stat
import sys

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."), "tests", "mail"))
import rig
import script
from rig import deliver, job, message

CERTS = rig.certificates()
tap = rig.Tap()
D, T, U, P = ("delivered", 250), ("temporary", 0), ("unknown", 0), ("permanent", 0)
BIG = "".join("%08d .%s\n" % (i, "x" * 60) if i % 7 else ".%08d\n" % i for i in range(100000))
TEXTS = {
    "small": "hello\nsecond line\n",
    "dots": ".\n..\n.leading\n\n.\nMAIL FROM:<x>\nQUIT\n...\nlast .\n.\n",
    "big": BIG,
    "crlf": "hello\r\nsecond line\r\n",
    "noeol": "hello",
    "empty": "",
}
SECRETS = [b"s3cret", base64.b64encode(b"\0noc\0s3cret"), base64.b64encode(b"s3cret")]
reference = {}


def of(kind, to, number=1):
    return message(to, text=TEXTS[kind], message_id="<%d.%s@localhost>" % (number, kind))


def learn():
    """What each message looks like on the line, from a server that does nothing wrong, read with another's parser."""
    for number in (1, 2, 3):
        for kind in TEXTS:
            if kind == "big" and number == 2:
                continue
            s = script.Server("notls", CERTS)
            deliver(job({"server": "127.0.0.1", "port": s.port, "security": "plain"}, [of(kind, ["a@localhost"], number)]))
            s.close()
            wire = reference[kind, number] = s.bodies[0] if s.bodies else b""
            whole = b"".join(l[1:] if l.startswith(b".") else l for l in wire[:-3].splitlines(True))
            m = email.message_from_bytes(whole, policy=email.policy.SMTP)
            want = TEXTS[kind].replace("\r\n", "\n")
            want = want if want.endswith("\n") else want + "\n"
            got = m.get_content().replace("\r\n", "\n")
            if number == 1:
                tap.ok(got == want and m["Message-ID"] == "<1.%s@localhost>" % kind,
                       "%s: on the line as it was meant" % kind, repr(whole[:600]))


def case(name, words="", want=(D,), *, to=("a@localhost",), send=("small",), cause=None, why=None, nomail=False,
         secret=None, user="noc", security=None, host="localhost", cert="good", session=(), body=None, step=30,
         total=120, tls=None, env=None, check=None, unix=None):
    s = script.Server(words, CERTS, cert, unix)
    security = security or ("tls" if "implicit" in words else "starttls")
    relay = {"server": unix or host, "security": security, "step": step, "total": total}
    if not unix:
        relay.update({"ca-file": CERTS + "/ca.pem", "port": s.port})
    if user:
        relay["user"] = user
    relay = [(k, v) for k, v in relay.items() if k not in dict(session)] + list(session)
    secret = {"secret": "s3cret"} if secret is None and user else secret
    r = deliver(job(relay, [of(k, to, i + 1) for i, k in enumerate(send)], secret), timeout=240, env=env)
    s.close()
    bad = []
    if r.classes != list(want):
        bad.append("verdicts %s, want %s" % (r.classes, list(want)))
    if cause is not None and r.cause != cause:
        bad.append("cause %s, want %s" % (r.cause, cause))
    if why is not None and not re.search(why, r.text + " " + " ".join(t for _, _, t in r.verdicts)):
        bad.append("nothing says /%s/" % why)
    if cause == "timeout" and why is None and "whole session" in r.text:
        bad.append("the step's limit did not end it, the session's did")
    if tls is not None and r.tls != tls:
        bad.append("protection %s" % r.tls)
    if nomail and s.saw("MAIL"):
        bad.append("MAIL was said")
    if r.err:
        bad.append("stderr: " + r.err)
    if any(x.decode() in l for x in SECRETS for l in r.talk + [r.text]):
        bad.append("a secret is in the report")
    if body is None:
        body = any(c in ("delivered", "unknown") for c, _ in want)
    whole = [reference[k, i + 1] for i, k in enumerate(send)] if tuple(to) == ("a@localhost",) else None
    if not body and s.bodies:
        bad.append("a body was taken: %d octets" % len(s.bodies[0]))
    if body and whole is not None and s.bodies != whole:
        bad.append("the bodies differ: %s, want %s" % ([len(b) for b in s.bodies], [len(b) for b in whole]))
    if whole is not None and not all(whole[0].startswith(p) for p in s.partial):
        bad.append("a hole in what came before the end")
    clear = [l for i, l in enumerate(s.log) if "AUTH" in l and not any(x.startswith("TLS") for x in s.log[:i])]
    if clear and "clear" not in dict(session):
        bad.append("AUTH in the clear: %s" % clear)
    if check is not None and not check(r, s):
        bad.append("the further check")
    return name, bad, r, s


CASES = []


def add(*a, **k):
    CASES.append((a, k))


def one_thing_wrong():
    """Hang, drop and their kin, each at each step."""
    for step in "greet ehlo starttls ehlo2 auth mail rcpt data".split():
        early = step not in ("mail", "rcpt", "data")
        for what in "hang drop rst garbage half codes nocrlf doublereply".split():
            if what == "hang":
                add("hang at " + step, "hang:" + step, (T,), step=2, total=20, cause="timeout", nomail=early)
            elif what == "doublereply" and step == "starttls":
                add("double reply at starttls", "doublereply:starttls", (T,), cause="injection", nomail=True)
            else:
                add("%s at %s" % (what, step), "%s:%s" % (what, step), (T,), nomail=early)
    for what in "drop rst garbage half codes nocrlf".split():
        add(what + " behind the dot", what + ":dot", (U,))
    add("hang behind the dot", "hang:dot", (U,), step=2, total=10, cause="timeout", why="whole session")
    add("double reply behind the dot", "doublereply:dot")
    add("hang at quit", "hang:quit")
    add("drop at quit", "drop:quit")
    add("silent from the start", "hang:connect", (T,), step=2, total=20, cause="timeout", why='must be "tls"', nomail=True)
    add("hang in the handshake", "hang:tls", (T,), step=2, total=20, cause="timeout", nomail=True)
    add("hang in the handshake, implicit", "implicit+hang:tls", (T,), step=2, total=20, cause="timeout", nomail=True)
    add("drop in the handshake", "drop:tls", (T,), nomail=True)
    add("drip at ehlo", "drip:ehlo", (T,), step=3, total=20, cause="timeout", nomail=True)
    add("drip at mail", "drip:mail", (T,), step=3, total=20, cause="timeout")
    add("a line of 30,000 octets", "huge:mail", (T,), cause="protocol")
    add("a reply without end at ehlo", "endless:ehlo", (T,), cause="protocol", nomail=True)
    add("a reply without end at mail", "endless:mail", (T,), cause="protocol")
    add("NUL and ESC in a reply", "nul:mail", check=lambda r, s: not any("\x1b" in l or "\0" in l for l in r.talk))


def replies():
    for step in "mail rcpt data dot".split():
        late = step == "dot"
        add("450 at " + step, "code:%s:450 4.2.1 later" % step, (("temporary", 450),), body=late)
        add("550 at " + step, "code:%s:550 5.7.1 never" % step, (("permanent", 550),), body=late)
        add("354 at " + step if step != "data" else "250 at data", "code:%s:%s" % (step, "250 what" if step == "data" else "354 what"),
            (U if late else T,), cause="protocol", body=late)
        add("000 at " + step, "code:%s:000 what" % step, (U if late else T,), cause="protocol", body=late)
        add("code only at " + step, "code:%s:%s" % (step, "354" if step == "data" else "250"))
    add("421 at mail", "code:mail:421 4.3.2 bye", (("temporary", 421),))
    add("554 in the greeting", "code:greet:554 5.3.2 not you", (T,), cause="greeting", why="554", nomail=True)
    add("502 to EHLO", "code:ehlo:502 5.5.1 what", (T,), cause="greeting", nomail=True)
    add("552 at mail: too large", "code:mail:552 5.3.4 big", (("permanent", 552),))
    add("SIZE is too small", "size:100", (("permanent", 552),), why="takes at most 100", check=lambda r, s: not s.saw("MAIL"))
    add("SIZE is given", check=lambda r, s: any(re.match(r"MAIL FROM:<noc@localhost> SIZE=\d{3} ", l) for l in s.log))
    add("DSN is asked for", check=lambda r, s: any("RET=HDRS ENVID=1.small@localhost" in l for l in s.log) and
        any("NOTIFY=FAILURE,DELAY" in l for l in s.log))
    add("DSN is not asked for where it is not offered", "nodsn",
        check=lambda r, s: not any("ENVID" in l or "NOTIFY" in l for l in s.log))
    add("recipients: ok, 450, 550, 552, ok", to=("a@localhost", "temp@localhost", "perm@localhost", "full@localhost", "b@localhost"),
        want=(D, ("temporary", 450), ("permanent", 550), ("temporary", 552), D), check=lambda r, s: len(s.bodies) == 1)
    add("no recipient is taken", to=("temp@localhost", "perm@localhost"), want=(("temporary", 450), ("permanent", 550)),
        check=lambda r, s: not s.saw("DATA"))
    add("three messages in one session", send=("small", "dots", "big"), want=(D,) * 3, check=lambda r, s: s.connections == 1)
    add("a reply within DATA", "early:552 5.3.4 too big", (T,), send=("big",), why="out of turn.*552")
    add("greeting and no more (success without a greeting)", "drop:greet", (T,), cause="closed", nomail=True)


def bodies():
    for kind in TEXTS:
        add("body " + kind, send=(kind,))
    add("6 MB, implicit TLS", "implicit", send=("big",))
    add("hang in the body", "hang:body", (T,), send=("big",), step=2, total=20, cause="timeout")
    add("drop in the body", "drop:body", (T,), send=("big",), cause="closed")
    add("reset in the body", "rst:body", (T,), send=("big",), cause="closed")
    add("reset in the body, plain", "notls+rst:body", (T,), send=("big",), cause="closed", security="plain", user=None)
    add("stall, then on", "small+stall:1.5", send=("big",))
    add("stall in the middle, then on", "small+halfstall:1.5", send=("big",))
    add("stall in the middle for longer than a step", "small+halfstall:30", (T,), send=("big",), step=2, total=40, cause="timeout")
    add("the same, plain", "notls+small+halfstall:30", (T,), send=("big",), step=2, total=40, cause="timeout",
        security="plain", user=None)
    add("the limit of the whole in the body", "small+halfstall:30", (T,), send=("big",), step=60, total=8, why="whole session")
    loose = dict(os.environ, LD_PRELOAD=os.path.abspath(rig.BUILD + "/tests/mail/interpose.so"), ASAN_OPTIONS="verify_asan_link_order=0")
    add("libesmtp loses patience and drops what it holds", "small+halfstall:3", (T,), send=("big",), cause="engine",
        env=dict(loose, TRAPLINE_ENGINE_MS="300"))
    for stray in ("evil@localhost", "a@localhost.evil"):
        add("libesmtp names %s" % stray, "", (T,), cause="engine", why="not due", env=dict(loose, TRAPLINE_STRAY=stray),
            check=lambda r, s: not s.saw("RCPT"))
    add("libesmtp sends another octet", "", (T,), send=("big",), cause="engine", why="altered the message", env=dict(loose, TRAPLINE_ALTER="1"))


def security():
    fine = dict(nomail=True)
    for words, version in (("", "TLSv1.3"), ("tls12", "TLSv1.2"), ("tls13", "TLSv1.3")):
        for how in ("", "implicit+"):
            add("%s %s" % (version, how), how + words, tls=version, check=lambda r, s: s.names == ["localhost"])
    add("the address is in the certificate", cert="ip", host="127.0.0.1", check=lambda r, s: s.names == [None])
    add("another address is", cert="badip", host="127.0.0.1", want=(T,), cause="certificate", why="IP address mismatch", **fine)
    add("a name where an address is wanted", host="127.0.0.1", want=(T,), cause="certificate", why="mismatch", **fine)
    add("another name", cert="wrong", want=(T,), cause="certificate", why="[Hh]ostname mismatch", **fine)
    add("another name, implicit", "implicit", (T,), cert="wrong", cause="certificate", why="[Hh]ostname", **fine)
    add("another name that is meant", cert="wrong", host="127.0.0.1", session=[("verify", "other.example")],
        check=lambda r, s: s.names == ["other.example"])
    add("a wildcard for part of a name", cert="partial", host="127.0.0.1", session=[("verify", "localx.example.test")], want=(T,),
        cause="certificate", **fine)
    add("signed by itself", cert="self", want=(T,), cause="certificate", why="self-signed", **fine)
    add("expired", cert="expired", want=(T,), cause="certificate", why="expired", **fine)
    add("the system's CAs do not know it", want=(T,), cause="certificate", session=[("ca-file", "/etc/ssl/certs/ca-certificates.crt")]
        if os.path.exists("/etc/ssl/certs/ca-certificates.crt") else [("ca-file", CERTS + "/self.pem")], **fine)
    add("no CA file", want=(T,), cause="settings", session=[("ca-file", "/nonexistent.pem")], **fine)
    lax = os.path.join(rig.WORK, "lax.cnf")  # a system whose settings would allow it
    with open(lax, "w") as f:
        f.write("openssl_conf = c\n[c]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n")
    for how in ("", "implicit+"):
        add("TLS 1.1 only " + how, how + "tls11", (T,), cause="tls", env=dict(os.environ, OPENSSL_CONF=lax), **fine)
    add("a plain server where TLS is due", "", (T,), security="tls", cause="tls", **fine)
    add("a TLS server where STARTTLS is due", "implicit", (T,), security="starttls", step=2, total=20, cause="timeout",
        why='must be "tls"', **fine)
    add("STARTTLS is gone", "notls+plainauth", (T,), cause="starttls", why="somebody may be in the line", **fine)
    add("STARTTLS 454", "code:starttls:454 4.7.0 no", (T,), cause="starttls", why="454", **fine)
    add("a whole dialogue behind the 220", "inject:all", (T,), cause="injection", **fine)
    add("one empty line behind the 220", "inject:line", (T,), cause="injection", **fine)
    add("octets that come a little later", "inject:late", (T,), cause="tls", **fine)
    capabilities()
    pin = pin_of("good")
    add("the pinned key", session=[("pin", "sha256//" + base64.b64encode(pin).decode())])
    add("the pinned key, in hexadecimal", session=[("pin", pin.hex().upper())])
    add("another key than the pinned", want=(T,), cause="certificate", why="pinned", session=[("pin", pin_of("wrong").hex())], **fine)
    add("a client certificate", "clientcert", session=client("client"))
    add("a client certificate, TLS 1.2", "clientcert+tls12+implicit", session=client("client"), tls="TLSv1.2")
    add("no client certificate where one is wanted", "clientcert+tls12", (T,), cause="tls", **fine)
    add("the same, TLS 1.3", "clientcert", (T,), **fine)
    add("a client certificate of others", "clientcert", (T,), session=client("self"), **fine)
    add("a client certificate without its key", "clientcert", (T,), cause="settings", session=client("client")[:1], **fine)
    add("plain, without a password", "notls", security="plain", user=None, tls="plain")
    add("a password over a plain line", "notls+plainauth", (T,), security="plain", cause="auth", why="allow-clear-password", **fine)
    add("a password over a plain line that is marked so", "notls+plainauth", security="plain", session=[("clear", "1")])
    add("AUTH is not offered on a plain line", "notls", (T,), security="plain", cause="auth", session=[("clear", "1")], **fine)


# What servers say before STARTTLS and within it, as far as it differs.
FIELD = {
    "Postfix": ("PIPELINING,SIZE 10240000,VRFY,ETRN,STARTTLS,ENHANCEDSTATUSCODES,8BITMIME,DSN,SMTPUTF8,CHUNKING",
                "PIPELINING,SIZE 10240000,VRFY,ETRN,AUTH PLAIN LOGIN,ENHANCEDSTATUSCODES,8BITMIME,DSN,SMTPUTF8,CHUNKING"),
    "Postfix, plain passwords only within TLS": ("SIZE 10240000,STARTTLS,AUTH CRAM-MD5 SCRAM-SHA-256,AUTH=CRAM-MD5 SCRAM-SHA-256,DSN",
                                                 "SIZE 10240000,AUTH PLAIN LOGIN CRAM-MD5,AUTH=PLAIN LOGIN CRAM-MD5,DSN"),
    "Exim": ("SIZE 52428800,LIMITS MAILMAX=1000 RCPTMAX=50000,8BITMIME,PIPELINING,PIPECONNECT,CHUNKING,STARTTLS,PRDR,HELP",
             "SIZE 52428800,LIMITS MAILMAX=1000 RCPTMAX=50000,8BITMIME,PIPELINING,CHUNKING,AUTH PLAIN LOGIN,HELP"),
    "Exchange": ("SIZE 37748736,PIPELINING,DSN,ENHANCEDSTATUSCODES,STARTTLS,X-ANONYMOUSTLS,AUTH NTLM,X-EXPS GSSAPI NTLM,8BITMIME,"
                 "BINARYMIME,CHUNKING,XRDST",
                 "SIZE 37748736,PIPELINING,DSN,ENHANCEDSTATUSCODES,AUTH NTLM LOGIN,X-EXPS GSSAPI NTLM,8BITMIME,BINARYMIME,CHUNKING"),
    "Gmail": ("SIZE 35882577,8BITMIME,STARTTLS,ENHANCEDSTATUSCODES,PIPELINING,CHUNKING,SMTPUTF8",
              "SIZE 35882577,8BITMIME,AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH,ENHANCEDSTATUSCODES,PIPELINING,"
              "CHUNKING,SMTPUTF8"),
    "Amazon SES": ("8BITMIME,STARTTLS,AUTH PLAIN LOGIN,Ok", "8BITMIME,AUTH PLAIN LOGIN,Ok"),
    "one that offers STARTTLS again": ("SIZE,STARTTLS", "SIZE,STARTTLS,AUTH PLAIN"),
    "a firewall that masks words": ("XXXXXXXA,STARTTLS,XXXB", "SIZE 10240000,DSN,AUTH PLAIN,8BITMIME"),
    "little, another size, another AUTH": ("STARTTLS,DSN,SIZE 10,AUTH PLAIN LOGIN", "DSN,SIZE 50000000,AUTH SCRAM-SHA-256"),
}


def capabilities():
    """Different ones before and within TLS: those within count. Less than before, or than in earlier sessions: somebody else."""
    for name, (before, within) in FIELD.items():
        add("capabilities of " + name, "clear:%s+within:%s" % (before, within), check=lambda r, s: len(s.auths) == 1)
    for lines in ("AUTH SCRAM-SHA-256 PLAIN,AUTH=LOGIN PLAIN", "AUTH=LOGIN,AUTH PLAIN SCRAM-SHA-256"):
        add("two lines of AUTH, new and old: both count: " + lines, "clear:STARTTLS+within:" + lines, session=[("known", "SCRAM-SHA-256")],
            check=lambda r, s: s.auths == ["SCRAM-SHA-256"])
    for word in "DSN 8BITMIME SMTPUTF8 SIZE ENHANCEDSTATUSCODES PIPELINING CHUNKING".split():
        rest = [w for w in "DSN 8BITMIME SMTPUTF8 SIZE ENHANCEDSTATUSCODES PIPELINING CHUNKING".split() if w != word]
        add(word + " is gone within TLS", "clear:STARTTLS,%s,%s+within:AUTH PLAIN,%s" % (word.lower(), ",".join(rest), ",".join(rest)),
            (T,), cause="capabilities", why="offered %s before TLS" % word, nomail=True, check=lambda r, s: s.auths == [])
    for known, offered, used in (("SCRAM-SHA-256", "SCRAM-SHA-1,PLAIN", "SCRAM-SHA-1"), ("SCRAM-SHA-1", "CRAM-MD5,PLAIN", "CRAM-MD5"),
                                 ("PLAIN", "LOGIN", "LOGIN"), ("LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256"), ("UNHEARD-OF", "PLAIN", "PLAIN")):
        add("AUTH %s before, now %s" % (known, offered), "mechs:" + offered, session=[("known", known)], check=lambda r, s, u=used: s.auths == [u])
    for known, offered in (("SCRAM-SHA-256", "PLAIN,LOGIN"), ("CRAM-MD5", "PLAIN"), ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256,PLAIN"),
                           ("SCRAM-SHA-256", "NTLM")):
        add("AUTH %s before, now only %s" % (known, offered), "mechs:" + offered, (T,), session=[("known", known)], cause="capabilities",
            why="took AUTH %s before and now offers %s" % (known, offered.split(",")[0]), nomail=True, check=lambda r, s: s.auths == [])
    add("AUTH before, now none", "noauth", (T,), session=[("known", "PLAIN")], cause="capabilities", why="no AUTH", nomail=True)
    add("a person says that it may be less", "mechs:PLAIN", session=[("known", "SCRAM-SHA-256"), ("mechanism", "PLAIN")],
        check=lambda r, s: s.auths == ["PLAIN"])


def client(name):
    return [("client-certificate", "%s/%s.pem" % (CERTS, name)), ("client-key", "%s/%s.key" % (CERTS, name))]


def pin_of(name):
    import hashlib
    import subprocess
    der = subprocess.run("openssl x509 -in %s/%s.pem -pubkey -noout | openssl pkey -pubin -outform DER" % (CERTS, name),
                         shell=True, check=True, capture_output=True).stdout
    return hashlib.sha256(der).digest()


def script_file(name, text):
    path = os.path.join(rig.WORK, name)
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, stat.S_IRWXU)
    return path


def authentication():
    used = lambda *names: lambda r, s: s.auths == list(names)
    mechanisms = "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN".split()
    refused = dict(want=(T,), cause="auth", nomail=True)
    for m in mechanisms:
        add("AUTH " + m, session=[("mechanism", m)], check=used(m))
        add("AUTH %s, wrong password" % m, session=[("mechanism", m)], secret={"secret": "bad"}, why="535", check=used(m), **refused)
    for i in range(len(mechanisms)):
        add("the strongest of the last %d" % (len(mechanisms) - i), "mechs:" + ",".join(reversed(mechanisms[i:])),
            check=used(mechanisms[i]))
    add("the order that is configured", session=[("mechanism", "LOGIN"), ("mechanism", "PLAIN")], check=used("LOGIN"))
    add("the first that is offered of those configured", "mechs:PLAIN,SCRAM-SHA-256",
        session=[("mechanism", "CRAM-MD5"), ("mechanism", "PLAIN")], check=used("PLAIN"))
    add("none of those configured is offered", "mechs:PLAIN", session=[("mechanism", "SCRAM-SHA-256")], why="none is usable|of which none",
        check=used(), **refused)
    add("none that we know is offered", "mechs:NTLM,GSSAPI", check=used(), **refused)
    add("AUTH is not offered", "noauth", why="does not offer AUTH", **refused)
    add("AUTH is refused (no fall-through to no AUTH)", "authfail", why="535", check=used("SCRAM-SHA-256"), **refused)
    add("AUTH 454", "code:auth:454 4.7.0 later", (T,), cause="auth-later", nomail=True)
    add("235 before the server proved itself", "nosig", why="proved", **refused)
    add("a false proof", "badsig", **refused)
    for m in ("XOAUTH2", "OAUTHBEARER"):
        token = dict(session=[("mechanism", m), ("token", "1")])
        add("AUTH " + m, check=used(m), **token)
        add("AUTH %s, wrong token" % m, secret={"secret": "no"}, nomail=True, **token,
            want=(T,), cause="auth", why="refused", check=lambda r, s: len(s.auths) == 1 and any(l.startswith("acknowledged") for l in s.log))
        long = "t" * 1500
        add("AUTH %s, a token of 1,500 octets" % m, "token:" + long, secret={"secret": long}, **token,
            check=lambda r, s: not any(len(l) > 512 for l in s.log))
    for n, m in enumerate(("XOAUTH2", "OAUTHBEARER")):
        fresh = script_file("token-%d" % n, 'if [ -e "$0.again" ]; then echo s3cret; else touch "$0.again"; echo old; fi\n')
        add("AUTH %s, a fresh token after a refusal" % m, check=used(m, m),
            secret={"secret-command": fresh}, session=[("mechanism", m), ("token", "1")])
        stale = script_file("stale-%d" % n, "echo old\n")
        add("AUTH %s, also the fresh one is refused" % m, check=used(m, m), why="fresh token",
            secret={"secret-command": stale}, session=[("mechanism", m), ("token", "1")], **refused)
    add("a token is not sent as a password", "mechs:PLAIN,LOGIN", session=[("token", "1")], check=used(), **refused)
    no = dict(want=(T,), cause="secret", nomail=True, check=used())
    tty = script_file("wants-tty", "exec </dev/tty && head -1\n")
    add("a command that wants a terminal", secret=[("secret-command", tty)], why="terminal", **no)
    agent = script_file("gpg", 'echo "gpg: decryption failed: Inappropriate ioctl for device" >&2; exit 2\n')
    add("a command whose agent wants a terminal", secret=[("secret-command", agent)], why="terminal", **no)
    add("a command that hangs", secret=[("secret-command", "/bin/sleep"), ("secret-command", "100")], step=3, total=30, **no)
    add("no password", secret={}, why="no password", **no)
    add("a password of 256 octets", secret={"secret": "x" * 256}, why="longer", **no)


def others():
    lmtp = dict(security="plain", user=None, session=[("transport", "lmtp"), ("verify", "localhost")])
    path = lambda: os.path.join(rig.WORK, "lmtp-%d" % len(CASES))
    add("LMTP over a socket", "lmtp+notls", unix=path(), **lmtp)
    add("LMTP: a verdict for each behind the dot", "lmtp+notls", unix=path(), want=(D, ("temporary", 452), ("permanent", 550), ("permanent", 550)),
        to=("a@localhost", "late-temp@localhost", "late-perm@localhost", "perm@localhost"), **lmtp)
    add("LMTP: lost between the verdicts", "lmtp+notls+drop:dot", unix=path(), want=(("temporary", 452), U),
        to=("late-temp@localhost", "a@localhost"), **lmtp)
    add("an address of other letters: that one alone is refused", "utf8", to=("a@localhost", "grüße@localhost"),
        want=(D, P), why="SMTPUTF8")
    add("a domain of other letters goes as punycode", to=("a@bücher.example",),
        check=lambda r, s: "RCPT TO:<a@xn--bcher-kva.example> NOTIFY=FAILURE,DELAY" in s.log)


def show(result, verbose):
    name, bad, r, s = result
    tap.ok(not bad, name, *bad, "session %s" % r.session, *(["talk %s" % r.talk, "log %s" % s.log] if verbose else []))


learn()
for group in (one_thing_wrong, replies, bodies, security, authentication, others):
    group()
pattern = sys.argv[1] if len(sys.argv) > 1 else ""
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    for f in [pool.submit(case, *a, **k) for a, k in CASES if re.search(pattern, a[0])]:
        show(f.result(), True)
tap.done()
