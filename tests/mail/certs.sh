#!/bin/sh
# Certificates for the tests and the demo, made when they are needed: certs.sh DIRECTORY
# ca.pem signs good (localhost), ip (127.0.0.1), wrong (other.example), badip (127.0.0.2), partial (loc*.example.test) and
# expired; self signs itself; client is for client authentication.
set -e
cd "$1"
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" 2>/dev/null; }
key ca
openssl req -x509 -new -key ca.key -out ca.pem -days 30 -subj "/CN=trapline test CA" 2>/dev/null
make_one() { # NAME SUBJECT-ALT-NAME DAYS
    key "$1"
    openssl req -new -key "$1.key" -out "$1.csr" -subj "/CN=$1.test" 2>/dev/null
    printf 'subjectAltName=%s\n' "$2" > "$1.ext"
    # shellcheck disable=SC2086
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial $3 -extfile "$1.ext" \
        -out "$1.pem" 2>/dev/null
}
make_one good DNS:localhost "-days 30"
make_one ip IP:127.0.0.1 "-days 30"
make_one wrong DNS:other.example "-days 30"
make_one badip IP:127.0.0.2 "-days 30"
make_one partial "DNS:loc*.example.test" "-days 30"
make_one client DNS:client "-days 30"
make_one expired DNS:localhost "-days -1"
key self
openssl req -x509 -new -key self.key -out self.pem -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>/dev/null
