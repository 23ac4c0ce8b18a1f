#!/usr/bin/python3
"""A mail server on loopback for tests and the demo: what it takes goes into a Maildir.

sink.py [--port 0] --maildir DIR [--starttls|--implicit|--plain] [--cert FILE --key FILE | --certs DIR]
        [--user NAME --password-file FILE] [--tls 1.2|1.3] [--pause SECONDS]

Prints "ready PORT" on standard output. Without --cert, certificates are made in --certs DIR (default: below the
Maildir's parent), of which ca.pem is what a client needs. tempfail@ is answered 451, reject@ 550, slow@ waits three
seconds after DATA, drop@ closes the connection there. Ends on SIGTERM, or when standard input closes with --watch."""
import argparse
import asyncio
import mailbox
import os
import signal
import ssl
import subprocess
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult

HERE = os.path.dirname(os.path.abspath(__file__))


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--maildir", required=True)
    how = p.add_mutually_exclusive_group()
    for name in ("starttls", "implicit", "plain"):
        how.add_argument("--" + name, dest="how", action="store_const", const=name)
    p.set_defaults(how="starttls")
    p.add_argument("--cert")
    p.add_argument("--key")
    p.add_argument("--certs")
    p.add_argument("--user")
    p.add_argument("--password-file")
    p.add_argument("--tls", choices=("1.2", "1.3"))
    p.add_argument("--watch", action="store_true")
    p.add_argument("--pause", type=float, default=0, help="seconds before each recipient and each message is answered")
    return p.parse_args()


class Handler:
    def __init__(self, box, pause):
        self.box, self.pause = box, pause

    async def handle_RCPT(self, server, session, envelope, address, options):
        await asyncio.sleep(self.pause)
        if address.startswith("tempfail@"):
            return "451 4.3.0 try again later"
        if address.startswith("reject@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        if any(r.startswith("drop@") for r in envelope.rcpt_tos):
            server.transport.close()
            return "421 4.3.0 bye"
        if any(r.startswith("slow@") for r in envelope.rcpt_tos):
            await asyncio.sleep(3)
        login = session.auth_data.login.decode() if session.auth_data else "-"
        head = "X-Envelope-From: %s\r\nX-Envelope-To: %s\r\nX-TLS: %s\r\nX-Auth: %s\r\n" % (
            envelope.mail_from, ", ".join(envelope.rcpt_tos), session.ssl is not None and "yes" or "no", login)
        await asyncio.sleep(self.pause)
        # a Maildir's files have the line ends of the system
        self.box.add((head.encode() + envelope.original_content).replace(b"\r\n", b"\n"))
        return "250 2.0.0 queued"


def main():
    a = arguments()
    if a.how != "plain" and not a.cert:
        certs = a.certs or os.path.join(os.path.dirname(os.path.abspath(a.maildir)), "certificates")
        os.makedirs(certs, exist_ok=True)
        if not os.path.exists(certs + "/self.pem"):
            subprocess.run(["/bin/sh", HERE + "/certs.sh", certs], check=True)
        a.cert, a.key = certs + "/good.pem", certs + "/good.key"
    context = None
    if a.how != "plain":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(a.cert, a.key)
        if a.tls:
            v = ssl.TLSVersion.TLSv1_2 if a.tls == "1.2" else ssl.TLSVersion.TLSv1_3
            context.minimum_version = context.maximum_version = v
    secret = open(a.password_file, "rb").read().rstrip(b"\n") if a.password_file else None

    def check(server, session, envelope, mechanism, data):
        ok = data.login == a.user.encode() and data.password == secret
        return AuthResult(success=ok, auth_data=data if ok else None, handled=False)

    os.makedirs(os.path.dirname(os.path.abspath(a.maildir)), exist_ok=True)
    handler = Handler(mailbox.Maildir(a.maildir, create=True), a.pause)
    options = {"hostname": "sink.test", "enable_SMTPUTF8": True, "data_size_limit": 50 << 20}
    if a.how == "starttls":
        options.update(tls_context=context, require_starttls=True)
    if a.user:
        # with implicit TLS aiosmtpd does not know that the line is protected
        options.update(authenticator=check, auth_required=True, auth_require_tls=a.how == "starttls")

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    server = loop.run_until_complete(loop.create_server(
        lambda: SMTP(handler, loop=loop, **options), "127.0.0.1", a.port, ssl=context if a.how == "implicit" else None))
    for s in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(s, loop.stop)
    if a.watch:
        def watch():
            while os.read(0, 4096):
                pass
            loop.call_soon_threadsafe(loop.stop)
        threading.Thread(target=watch, daemon=True).start()
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    loop.run_forever()


main()
