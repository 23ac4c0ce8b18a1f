"""Certificates for the tests, made when they are needed: a directory in which NAME.crt and NAME.key appear."""
import hashlib
import os
import ssl
import subprocess


class Certificates:
    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory, 0o700, exist_ok=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def run(self, *words):
        subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def make(self, name, alternative, signer=None, days=30):
        """One for a person or a host; the signer is another one's name, by default itself."""
        key, certificate, request = self.path(name + ".key"), self.path(name + ".crt"), self.path(name + ".csr")
        subject = ["-subj", f"/CN={name}.test", "-addext", f"subjectAltName={alternative}"]
        if signer is None:
            self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", str(days), *subject)
        else:
            self.run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, *subject)
            self.run("x509", "-req", "-in", request, "-CA", self.path(signer + ".crt"), "-CAkey", self.path(signer + ".key"),
                     "-CAcreateserial", "-days", str(days), "-copy_extensions", "copyall", "-out", certificate)
        os.chmod(key, 0o600)
        return certificate

    def fingerprint(self, name):
        with open(self.path(name + ".crt")) as f:
            digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(f.read())).hexdigest().upper()
        return ":".join(digest[i:i + 2] for i in range(0, 64, 2))
