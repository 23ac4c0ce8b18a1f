"""An SMTP server that does as a script says: it hangs, drips, closes or lies at every step. One thread a connection.

Words, joined with "+":
  implicit notls noauth plainauth tls11 tls12 clientcert       what it is and offers
  mechs:A,B  size:N  nodsn  utf8  lmtp  clear:A,B (what is offered before TLS, instead)  within:A,B (within TLS)
  hang:STEP drop:STEP rst:STEP code:STEP:TEXT drip:STEP huge:STEP endless:STEP nocrlf:STEP garbage:STEP half:STEP
  codes:STEP doublereply:STEP nul:STEP                         at connect greet ehlo ehlo2 starttls tls auth mail rcpt data
                                                               body dot rset quit
  inject:all|line|late  authfail  nosig (235 before the server proved itself)  badsig  token:TEXT  once:TEXT (refused once)
  stall:SECONDS  halfstall:SECONDS  small (receive buffer)  early:TEXT (a reply within DATA)
Recipients whose name begins with temp, perm, full or slow are answered so. With lmtp, late-temp and late-perm are answered
so behind the dot."""
import base64
import hashlib
import hmac
import socket
import ssl
import struct
import threading
import time

HANG = 100
INJECTION = (b"220 go\r\n250-hi\r\n250-DSN\r\n250 8BITMIME\r\n250 m\r\n250 r\r\n354 d\r\n250 queued FAKE\r\n221 bye\r\n")


class Bye(Exception):
    pass


class Server:
    def __init__(self, words="", certs=None, cert="good", unix=None, password=b"s3cret", port=0):
        self.words, self.certs, self.cert, self.password = words.split("+"), certs, cert, password
        self.log, self.bodies, self.partial, self.names, self.auths = [], [], [], [], []
        self.connections = 0
        self.lock, self.done = threading.Lock(), threading.Event()
        self.listener = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        if self.has("small"):
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(unix or ("127.0.0.1", port))
        self.listener.listen(64)
        self.port = None if unix else self.listener.getsockname()[1]
        self.context = self.make_context() if certs else None
        self.threads = []
        t = threading.Thread(target=self.accept, daemon=True)
        t.start()

    def make_context(self):
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.load_cert_chain("%s/%s.pem" % (self.certs, self.cert), "%s/%s.key" % (self.certs, self.cert))
        if self.has("tls12"):
            c.maximum_version = ssl.TLSVersion.TLSv1_2
        if self.has("tls13"):
            c.minimum_version = ssl.TLSVersion.TLSv1_3
        if self.has("tls11"):
            c.set_ciphers("ALL:@SECLEVEL=0")
            c.minimum_version, c.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        if self.has("clientcert"):
            c.verify_mode = ssl.CERT_REQUIRED
            c.load_verify_locations(self.certs + "/ca.pem")
        c.sni_callback = lambda s, name, x: self.names.append(name)
        return c

    def has(self, word):
        return word in self.words

    def arg(self, name):
        for w in self.words:
            if w.startswith(name + ":"):
                return w[len(name) + 1:]
        return None

    def saw(self, verb):
        return any(l.upper().startswith(verb) for l in self.log)

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            t = threading.Thread(target=Connection(self, s).serve, daemon=True)
            self.threads.append(t)
            t.start()

    def close(self):
        """The client has ended: no more connections, and those that are end."""
        self.done.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for t in self.threads:
            t.join(HANG)


class Connection:
    def __init__(self, server, s):
        self.server, self.s, self.buf, self.tls, self.sent = server, s, b"", False, 0
        self.reset()
        if s.family == socket.AF_INET:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def reset(self):
        self.accepted = []

    def line(self):
        while b"\n" not in self.buf:
            d = self.s.recv(65536)
            if not d:
                raise EOFError
            self.buf += d
        line, self.buf = self.buf.split(b"\n", 1)
        return line + b"\n"

    def raw(self, x):
        self.s.sendall(x if isinstance(x, bytes) else x.encode())

    def gone(self, seconds=HANG):
        """Waits until the client has ended, as a server that hangs does; its octets are not taken."""
        self.server.done.wait(seconds)

    def reset_connection(self):
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Bye

    def say(self, step, x):
        """A reply, or the misbehaviour that is due at this step."""
        for w in self.server.words:
            p = w.split(":", 2)
            if len(p) < 2 or p[1] != step:
                continue
            if p[0] == "hang":
                self.gone()
                raise Bye
            if p[0] == "drop":
                raise Bye
            if p[0] == "rst":
                self.reset_connection()
            if p[0] == "code":
                x = p[2] + "\r\n"
            if p[0] == "doublereply":
                x = x + x
            if p[0] == "drip":
                for c in "250-" + "x" * 1500:
                    self.raw(c)
                    self.gone(0.1)
            if p[0] == "huge":
                x = "250 " + "A" * 30000 + "\r\n"
            if p[0] == "nocrlf":
                x = x.replace("\r", "")
            if p[0] == "garbage":
                x = b"\0\xff\r\n"
            if p[0] == "nul":
                x = b"250 2.0.0 o\0k\x1b[2J\r\n"
            if p[0] == "half":
                self.raw("250 2.0.")
                raise Bye
            if p[0] == "codes":
                x = "250-2.0.0 a\r\n550 5.0.0 b\r\n"
            while p[0] == "endless":
                self.raw("250-x\r\n" * 100)
        self.raw(x)

    def start_tls(self):
        s = self.server
        if s.has("hang:tls"):
            self.gone()
            raise Bye
        if s.has("drop:tls"):
            raise Bye
        self.s = s.context.wrap_socket(self.s, server_side=True)
        self.tls = True
        s.log.append("TLS " + self.s.version())

    def scram(self, name, initial):
        """RFC 5802, without channel binding."""
        s, digest = self.server, "sha1" if "SHA-1" in name else "sha256"
        bare = base64.b64decode(initial).decode().split(",", 2)[2]
        nonce = dict(x.split("=", 1) for x in bare.split(","))["r"]
        salt, rounds = b"0123456789abcdef", 4096
        first = "r=%ssrv,s=%s,i=%d" % (nonce, base64.b64encode(salt).decode(), rounds)
        self.raw("334 " + base64.b64encode(first.encode()).decode() + "\r\n")
        final, proof = base64.b64decode(self.line()).decode().rsplit(",p=", 1)
        whole = (bare + "," + first + "," + final).encode()
        salted = hashlib.pbkdf2_hmac(digest, s.password, salt, rounds)
        mac = lambda k, m: hmac.new(k, m, digest).digest()
        key = mac(salted, b"Client Key")
        signature = mac(hashlib.new(digest, key).digest(), whole)
        ok = bytes(a ^ b for a, b in zip(key, signature)) == base64.b64decode(proof)
        verifier = mac(mac(salted, b"Server Key"), whole)
        if s.has("badsig"):
            verifier = b"x" * len(verifier)
        if s.has("nosig"):
            return True
        if ok:
            self.raw("334 " + base64.b64encode(b"v=" + base64.b64encode(verifier)).decode() + "\r\n")
            self.line()
        return ok

    def token(self, name, octets):
        s = self.server
        good = (s.arg("token") or "s3cret").encode()
        if name == "XOAUTH2":
            ok = octets == b"user=noc\1auth=Bearer " + good + b"\1\1"
        else:
            ok = octets.startswith(b"n,a=noc,\1host=localhost\1port=") and octets.endswith(b"\1auth=Bearer " + good + b"\1\1")
        if not ok:
            self.raw("334 " + base64.b64encode(b'{"status":"401","schemes":"bearer"}').decode() + "\r\n")
            s.log.append("acknowledged " + repr(self.line()))
        return ok

    def auth(self, line):
        s, p = self.server, line.split()
        name, ok = p[1].decode().upper(), False
        s.auths.append(name)
        if s.has("authfail"):
            return self.say("auth", "535 5.7.8 bad credentials\r\n")
        if name in ("PLAIN", "XOAUTH2", "OAUTHBEARER", "SCRAM-SHA-256", "SCRAM-SHA-1") and len(p) < 3:
            self.raw("334 \r\n")
            p.append(self.line().strip())
        if name == "PLAIN":
            ok = base64.b64decode(p[2]) == b"\0noc\0" + s.password
        elif name == "LOGIN":
            self.raw("334 VXNlcm5hbWU6\r\n")
            user = base64.b64decode(self.line())
            self.raw("334 UGFzc3dvcmQ6\r\n")
            ok = (user, base64.b64decode(self.line())) == (b"noc", s.password)
        elif name == "CRAM-MD5":
            challenge = b"<17.42@localhost>"
            self.raw(b"334 " + base64.b64encode(challenge) + b"\r\n")
            user, proof = base64.b64decode(self.line()).split(b" ")
            ok = user == b"noc" and proof.decode() == hmac.new(s.password, challenge, "md5").hexdigest()
        elif name in ("XOAUTH2", "OAUTHBEARER"):
            ok = self.token(name, base64.b64decode(p[2]))
        elif name.startswith("SCRAM"):
            ok = self.scram(name, p[2])
        self.say("auth", "235 2.7.0 ok\r\n" if ok else "535 5.7.8 bad credentials\r\n")

    def hello(self):
        s = self.server
        e = ["localhost", "SIZE " + (s.arg("size") or "50000000"), "ENHANCEDSTATUSCODES", "8BITMIME", "PIPELINING", "CHUNKING"]
        if not s.has("nodsn"):
            e.append("DSN")
        if s.has("utf8"):
            e.append("SMTPUTF8")
        if not self.tls and not s.has("notls"):
            e.append("STARTTLS")
        if not s.has("noauth") and (self.tls or s.has("plainauth")):
            e.append("AUTH " + (s.arg("mechs") or "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 XOAUTH2 OAUTHBEARER PLAIN LOGIN")
                     .replace(",", " "))
        instead = s.arg("within" if self.tls else "clear")
        if instead:
            e = ["localhost"] + instead.split(",")
        self.say("ehlo2" if self.tls else "ehlo",
                 "".join("250%s%s\r\n" % ("-" if i < len(e) - 1 else " ", x) for i, x in enumerate(e)))

    def starttls(self):
        how = self.server.arg("inject")
        if how == "all":
            self.raw(INJECTION)
        elif how == "line":
            self.raw("220 go\r\n\r\n")
        elif how == "late":
            self.raw("220 go\r\n")
            time.sleep(0.05)
            self.raw("250 hi\r\n")
        else:
            self.say("starttls", "220 go\r\n")
            if any(w.startswith("code:starttls") for w in self.server.words):
                return
        self.buf = b""
        self.start_tls()

    def rcpt(self, line):
        name = line.split(b"<", 1)[1].lower()
        if name.startswith(b"temp"):
            return self.raw("450 4.2.1 try later\r\n")
        if name.startswith(b"perm"):
            return self.raw("550-5.1.1 no such user\r\n550 5.1.1 really\r\n")
        if name.startswith(b"full"):
            return self.raw("552 5.5.3 too many\r\n")
        self.accepted.append(name)
        self.say("rcpt", "250 2.1.5 ok\r\n")

    def data(self):
        s = self.server
        self.say("data", "354 go\r\n")
        if s.has("doublereply:data") or (s.arg("code") or "").startswith("data:") and s.arg("code") != "data:354":
            return
        if s.has("hang:body"):
            self.gone()
            raise Bye
        if s.has("drop:body") or s.has("rst:body"):
            self.s.recv(1000)
            if s.has("rst:body"):
                self.reset_connection()
            raise Bye
        if s.arg("stall"):
            self.gone(float(s.arg("stall")))
        if s.arg("early"):
            self.s.recv(20000)
            self.raw(s.arg("early") + "\r\n")
            self.gone(5)
            raise Bye
        chunks, tail, total, half = [self.buf], self.buf[-5:], 0, s.arg("halfstall")
        self.buf = b""
        while not tail.endswith(b"\r\n.\r\n"):
            d = self.s.recv(1 << 18)
            if not d:
                with s.lock:
                    s.partial.append(b"".join(chunks))
                raise EOFError
            chunks.append(d)
            tail, total = (tail + d)[-5:], total + len(d)
            if half and total > 1000000:
                self.gone(float(half))
                half = None
        with s.lock:
            s.bodies.append(b"".join(chunks))
        if not s.has("lmtp"):
            return self.say("dot", "250 2.0.0 queued as Q%d\r\n" % len(s.bodies))
        for name in self.accepted:
            if name.startswith(b"late-temp"):
                self.raw("452 4.2.2 mailbox full\r\n")
            elif name.startswith(b"late-perm"):
                self.raw("550 5.2.1 mailbox disabled\r\n")
            else:
                self.say("dot", "250 2.0.0 stored\r\n")

    def command(self, line):
        u = line.strip().upper()
        if u.startswith(b"LHLO" if self.server.has("lmtp") else b"EHLO"):
            self.hello()
        elif u == b"STARTTLS":
            self.starttls()
        elif u.startswith(b"AUTH "):
            self.auth(line)
        elif u.startswith(b"MAIL"):
            self.reset()
            self.say("mail", "250 2.1.0 ok\r\n")
        elif u.startswith(b"RCPT"):
            self.rcpt(line)
        elif u == b"DATA":
            self.data()
        elif u == b"RSET":
            self.say("rset", "250 ok\r\n")
        elif u == b"QUIT":
            self.say("quit", "221 2.0.0 bye\r\n")
            raise Bye
        else:
            self.raw("500 5.5.1 what\r\n")

    def serve(self):
        try:
            if self.server.has("hang:connect"):
                self.gone()
                return
            if self.server.has("implicit"):
                self.start_tls()
            self.say("greet", "220 test ESMTP\r\n")
            while True:
                line = self.line()
                self.server.log.append(line[:600].decode("latin-1").rstrip("\r\n"))
                self.command(line)
        except (Bye, EOFError, OSError, ValueError, IndexError):
            pass
        finally:
            self.s.close()
