#!/usr/bin/python3
"""trapline-mail against Debian's Postfix with Cyrus SASL: STARTTLS and implicit TLS, AUTH, a verdict for each recipient, what
was stored read back, its bounce read by `trapline mail bounce`. Postfix's master wants to be root, so .ci/run runs this, and
`make check` does not.

postfix.py [N]      N sessions of each kind; the packages postfix and sasl2-bin are fetched and unpacked, nothing is installed or
                    left behind"""
import email
import email.policy
import json
import mailbox
import os
import pwd
import signal
import socket
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__))))
import rig
import script
import series
from rig import deliver, job, message

N = int(sys.argv[1]) if len(sys.argv) > 1 else 10
ROOT = os.path.join(rig.WORK, "root")
HOME = os.path.join(rig.WORK, "postfix")
QUEUE = HOME + "/queue"
OWNER = pwd.getpwnam("mail")
LIBRARIES = ROOT + "/usr/lib/postfix"
certs = rig.certificates()
tap = rig.Tap()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def own(path):
    os.makedirs(path, exist_ok=True)
    os.chown(path, OWNER.pw_uid, OWNER.pw_gid)


def unpack():
    debs = os.path.join(rig.WORK, "debs")
    os.makedirs(debs)
    os.chmod(debs, 0o777)  # apt's own user writes there
    os.chmod(rig.WORK, 0o755)
    subprocess.run(["apt-get", "download", "-qq", "postfix", "sasl2-bin"], cwd=debs, check=True)
    for deb in os.listdir(debs):
        subprocess.run(["dpkg", "-x", os.path.join(debs, deb), ROOT], check=True)


SERVICES = [(security, version) for security in ("starttls", "tls") for version in ("", "1.2", "1.3")]


def service(port, security, version):
    only = " -o smtpd_tls_protocols=TLSv%s -o smtpd_tls_mandatory_protocols=TLSv%s" % (version, version) if version else ""
    how = "smtpd_tls_security_level=encrypt -o smtpd_tls_auth_only=yes" if security == "starttls" else "smtpd_tls_wrappermode=yes"
    return "127.0.0.1:%d inet n - n - - smtpd -o %s%s" % (port, how, only)


def configure(ports, onward):
    write(HOME + "/etc/main.cf", f"""
compatibility_level = 3.6
queue_directory = {QUEUE}
data_directory = {HOME}/data
daemon_directory = {LIBRARIES}/sbin
command_directory = {ROOT}/usr/sbin
shlib_directory = {LIBRARIES}
import_environment = MAIL_CONFIG LD_LIBRARY_PATH TZ
mail_owner = mail
setgid_group = operator
maillog_file = {HOME}/log
maillog_file_prefixes = {HOME}
myhostname = localhost
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
alias_maps =
virtual_mailbox_domains = test.example
virtual_mailbox_base = {HOME}
virtual_mailbox_maps = static:Maildir/
transport_maps = inline:{{ {{permanent@test.example = smtp:[127.0.0.1]:{onward}}} }}
smtp_discard_ehlo_keywords = pipelining
virtual_uid_maps = static:{OWNER.pw_uid}
virtual_gid_maps = static:{OWNER.pw_gid}
virtual_minimum_uid = {OWNER.pw_uid}
smtpd_tls_cert_file = {certs}/good.pem
smtpd_tls_key_file = {certs}/good.key
smtpd_sasl_auth_enable = yes
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{perm@test.example = 550 5.1.1 no such user}}, {{temp@test.example = 450 4.2.1 later}} }}, permit_sasl_authenticated, reject
""")
    rows = [*(service(port, *kind) for kind, port in ports.items()),
            "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr", "tlsmgr unix - - n 1000? 1 tlsmgr",
            "rewrite unix - - n - - trivial-rewrite", "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce", "flush unix n - n 1000? 0 flush", "proxymap unix - - n - - proxymap",
            "error unix - - n - - error", "retry unix - - n - - error", "smtp unix - - n - - smtp", "virtual unix - n n - - virtual",
            "anvil unix - - n - 1 anvil", "postlog unix-dgram n - n - 1 postlogd"]
    write(HOME + "/etc/master.cf", "\n".join(rows) + "\n")
    write(HOME + "/etc/sasl/smtpd.conf", f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {HOME}/sasldb\n"
          "mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256\n")
    for d in "active bounce corrupt defer deferred flush hold incoming private saved trace maildrop public".split():
        own(f"{QUEUE}/{d}")
    os.makedirs(QUEUE + "/pid", exist_ok=True)
    own(HOME + "/data")
    own(HOME + "/Maildir")
    subprocess.run([ROOT + "/usr/sbin/saslpasswd2", "-p", "-c", "-f", HOME + "/sasldb", "-u", "localhost", "noc"],
                   input=b"s3cret", check=True)
    os.chown(HOME + "/sasldb", OWNER.pw_uid, OWNER.pw_gid)


def begin():
    env = dict(os.environ, LD_LIBRARY_PATH=LIBRARIES, MAIL_CONFIG=HOME + "/etc")
    p = subprocess.Popen([LIBRARIES + "/sbin/master", "-c", HOME + "/etc", "-d"], env=env, start_new_session=True)
    return p


def log():
    try:
        with open(HOME + "/log") as f:
            return f.read()[-4000:]
    except OSError:
        return "(no log)"


def until(condition, what):
    end = time.monotonic() + 120
    while not condition():
        if time.monotonic() > end:
            print("# not in time:", what)
            return False
        time.sleep(0.05)
    return True


def answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def octets():
    box = mailbox.Maildir(HOME + "/Maildir", factory=None)
    return [box.get_bytes(k) for k in box.keys()]



def stored():
    return [email.message_from_bytes(o, policy=email.policy.default) for o in octets()]


def relay_of(port, security):
    return {"server": "localhost", "port": port, "security": security, "ca-file": certs + "/ca.pem", "user": "noc@localhost"}


def run(ports):
    text = "Grüße an die Schicht\n.\n..\n" + "x" * 3000 + "\nFrom here\n"
    sent = 0
    for security in ("starttls", "tls"):
        relay = relay_of(ports[security, ""], security)
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"):
            r = deliver(job(dict(relay, mechanism=mechanism), [message(["a@test.example"], text=text, message_id="<%d@localhost>" % sent)],
                            {"secret": "s3cret"}))
            sent += tap.same((r.classes, r.tls), ([("delivered", 250)], "TLSv1.3"), "%s, AUTH %s" % (security, mechanism)) or \
                print("#", r.session, r.talk) or 0
        r = deliver(job(relay, [message(["a@test.example"])], {"secret": "wrong"}))
        tap.same((r.classes, r.cause, any("MAIL" in l for l in r.talk)), ([("temporary", 0)], "auth", False), security + ", wrong password: no MAIL")
        r = deliver(job(relay, [message(["a@test.example", "perm@test.example", "temp@test.example"], text=text,
                                        message_id="<%d@localhost>" % sent)], {"secret": "s3cret"}))
        sent += tap.same(r.classes, [("delivered", 250), ("permanent", 550), ("temporary", 450)], security + ", a verdict for each recipient")
        many = [message(["a@test.example"], text=text, message_id="<%d@localhost>" % (sent + i)) for i in range(20)]
        r = deliver(job(relay, many, {"secret": "s3cret"}))
        sent += 20 * tap.same(r.classes, [("delivered", 250)] * 20, security + ", twenty messages in one session")
    until(lambda: len(stored()) >= sent, "the Maildir")
    got = stored()
    tap.same(sorted(m["Message-ID"] for m in got), sorted("<%d@localhost>" % i for i in range(sent)), "each is stored once")
    tap.ok(all(m.get_content() == text and m["Subject"] == "link down" and m["Auto-Submitted"] == "auto-generated" for m in got),
           "with what was meant")


def read(count):
    """Everything that is there, which is then taken away."""
    until(lambda: len(octets()) >= count, "the Maildir")
    got = octets()
    mailbox.Maildir(HOME + "/Maildir", factory=None).clear()
    return got


def run_series(ports):
    for (security, version), port in ports.items():
        if version:
            series.run(tap, "Postfix, %s, TLS %s" % (security, version), relay_of(port, security), ["a@test.example"], N,
                       "TLSv" + version, read, ("return-path", "x-original-to", "delivered-to", "received"))


def bounced(port):
    """To two, of whom one is gone: what Postfix says of it, with the envelope id that was given, marks that one alone."""
    env = dict(os.environ, TRAPLINE_STATE=rig.WORK + "/state", TRAPLINE_CACHE=rig.WORK + "/cache", HOME=rig.WORK)
    write(rig.WORK + "/conf/trapline.conf", 'mail "relay" { server = "localhost" from = "noc@test.example" }\n')
    os.chmod(rig.WORK + "/conf/trapline.conf", 0o600)

    def trapline(*arguments, octets=b""):
        return subprocess.run([rig.BUILD + "/trapline", "--config", rig.WORK + "/conf", "--json", *arguments], env=env, input=octets,
                              capture_output=True, timeout=120)

    to = ["a@test.example", "permanent@test.example"]
    trapline("--quiet", "send", "--to", ",".join(to), "--subject", "x", octets=b"text\n")
    with sqlite3.connect(rig.WORK + "/state/trapline.db", timeout=30) as db:
        db.execute("UPDATE mail SET state=3, sent_at=1")
        db.execute("UPDATE mail_recipient SET state=3, code=250")
        name = db.execute("SELECT message_id FROM mail").fetchone()[0]
    r = deliver(job(relay_of(port, "starttls"), [message(to, message_id=name, envelope="noc@test.example")], {"secret": "s3cret"}))
    tap.same(r.classes, [("delivered", 250)] * 2, "both are taken")
    reports = lambda: [o for o in octets() if b"\nContent-Type: multipart/report;" in o]
    if not tap.ok(until(reports, "the bounce"), "one bounces", log()):
        return
    report = reports()[0]
    tap.ok(b"Original-Envelope-Id: " + name[1:-1].encode() in report, "with our envelope id", report.decode(errors="replace"))
    run = trapline("mail", "bounce", octets=report)
    states = {x["address"]: (x["state"], x["enhanced"]) for x in json.loads(trapline("mail", "queue", "--all").stdout)["recipients"]}
    tap.same((run.returncode, states["permanent@test.example"], states["a@test.example"][0]), (0, ("dead", "5.1.1"), "sent"),
             "and marks that one alone")


def main():
    ports = {kind: free_port() for kind in SERVICES}
    unpack()
    onward = script.Server("notls")  # where Postfix delivers to; it does not know "permanent"
    configure(ports, onward.port)
    p = begin()
    try:
        if until(lambda: all(map(answers, ports.values())), "Postfix's ports"):
            run(ports)
            read(0)
            run_series(ports)
            bounced(ports["starttls", ""])
        else:
            tap.ok(False, "Postfix begins", log())
        if tap.bad:
            print("\n".join("# " + l for l in log().splitlines()))
    finally:
        os.killpg(p.pid, signal.SIGTERM)
        p.wait()
        onward.close()
        until(lambda: subprocess.run(["pgrep", "-g", str(p.pid)], capture_output=True).returncode != 0, "Postfix's end")


main()
tap.done()
