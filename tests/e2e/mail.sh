#!/bin/bash
# Mail from the command line through outbox, collector and trapline-mail to a real SMTP server with STARTTLS and AUTH.
# shellcheck disable=SC2154
if [ -z "${DEMO_DIR-}" ]; then
    exec bash "$top_srcdir/tests/demo/run" "$top_builddir" --quiet bash "$0"
fi
. "$top_srcdir/tests/e2e/lib.sh"
trapline() { timeout 120 "$top_builddir/trapline" "$@"; }
mails() { cat "$DEMO_DIR"/mail/Maildir/new/* 2>/dev/null; }
exits() { # STATUS COMMAND...
    local want=$1 got=0
    shift
    "$@" || got=$?
    [ $got -eq "$want" ] || { echo "exit status $got, not $want"; return 1; }
}
says() { # TEXT COMMAND...
    local text=$1
    shift
    "$@" 2>&1 | tee /dev/stderr | grep -qF -- "$text"
}
in_maildir() { # SUBJECT TO BODY: exactly one such mail, read back by an independent reader
    /usr/bin/python3 - "$DEMO_DIR/mail/Maildir" "$@" <<'PY'
import email, email.policy, mailbox, sys
box = mailbox.Maildir(sys.argv[1], factory=None, create=False)
found = []
for key in box.keys():
    m = email.message_from_bytes(box.get_bytes(key), policy=email.policy.default)
    if m["Subject"] == sys.argv[2] and sys.argv[3] in m["X-Envelope-To"]:
        found.append(m)
assert len(found) == 1, [m["Subject"] for m in found]
m = found[0]
assert m["X-TLS"] == "yes" and m["X-Auth"] == "demo", "not protected"
assert m["Auto-Submitted"] == "auto-generated" and m["Message-ID"].endswith(">"), m.items()
assert m.get_body(("plain",)).get_content() == sys.argv[4], repr(m.get_body(("plain",)).get_content())
PY
}
state_of() { # ID WORD
    trapline --json mail queue --all | /usr/bin/python3 -c '
import json, sys
rows = {r["id"]: r for r in map(json.loads, sys.stdin)}
sys.exit(0 if rows[int(sys.argv[1])]["state"] == sys.argv[2] else 1)' "$@"
}
state_of_recipient() { # ID ADDRESS WORD
    trapline --json mail queue --all | /usr/bin/python3 -c '
import json, sys
rows = {r["id"]: r for r in map(json.loads, sys.stdin)}
states = {r["address"]: r["state"] for r in rows[int(sys.argv[1])]["recipients"]}
print(states)
sys.exit(0 if states[sys.argv[2]] == sys.argv[3] else 1)' "$@"
}

send_one() { printf 'Line one\n.\nfrom a jump host: äöü\n' | trapline send --to ana@example.net --subject 'Wartung, Gerät 7' --wait 60; }
check 'send: delivered' send_one
check 'what arrived is what was meant' in_maildir 'Wartung, Gerät 7' ana@example.net $'Line one\n.\nfrom a jump host: äöü\n'
check 'nothing waits any more' exits 1 trapline mail queue
check 'show has the conversation, without the password' bash -c '"$0" mail show 1 | tee /dev/stderr | grep -q "STARTTLS" && ! "$0" mail show 1 | grep -q demo-mail-pass' "$top_builddir/trapline"
mixed() {
    local id
    id=$(echo mixed | trapline send --to ok@example.net,tempfail@example.net,reject@example.net --subject mixed)
    id=${id%% *}
    ready() { state_of_recipient "$id" ok@example.net sent; }
    until_true 60 ready || return 1
    state_of_recipient "$id" tempfail@example.net waiting && state_of_recipient "$id" reject@example.net dead &&
        in_maildir mixed ok@example.net $'mixed\n' && echo "$id" > "$scratch/mixed"
}
check 'of three recipients one has it, one is tried again, one is dead' mixed
check "the queue has the server's words" says '550' trapline mail queue
check 'and when it is tried again' says 'tried again 20' trapline mail queue
no_second_copy() { trapline mail retry "$(cat "$scratch/mixed")" && later() { trapline --json mail queue | grep -q '"attempts":2'; } && until_true 60 later && in_maildir mixed ok@example.net $'mixed\n'; }
check 'tried again, the one that has it does not get it twice' no_second_copy
check 'it is cancelled' bash -c '"$0" mail cancel "$1" && "$0" mail queue --all | grep -q "^$1 .*cancelled\|partly sent"' "$top_builddir/trapline" "$(cat "$scratch/mixed")"

sink() { pgrep -f "sink.py --port .* --maildir $DEMO_DIR/mail/Maildir"; }
down_and_up() {
    local id
    kill "$(sink)" && until_true 10 bash -c '! pgrep -f "sink.py --port .* --maildir $0"' "$DEMO_DIR/mail/Maildir"
    id=$(echo later | trapline send --to bea@example.net --subject later)
    id=${id%% *}
    tried() { trapline mail show "$id" | grep -q 'connect'; }
    until_true 60 tried && state_of "$id" waiting && says 'relay relay fails, ' trapline mail queue || { trapline mail show "$id"; return 1; }
    /usr/bin/python3 "$top_srcdir/tests/mail/sink.py" --port "$DEMO_MAIL_PORT" --maildir "$DEMO_DIR/mail/Maildir" --starttls \
        --user demo --password-file "$DEMO_DIR/secrets/mail" > "$scratch/sink" 2>&1 &
    echo $! > "$scratch/sink.pid"
    until_true 10 grep -q ready "$scratch/sink" || return 1
    gone() { state_of "$id" sent; }
    until_true 90 gone && in_maildir later bea@example.net $'later\n'
}
check 'a server that is down: later, by itself, when it is up again' down_and_up
started=$(cat "$scratch/sink.pid")
held() {
    local id
    id=$(echo held | trapline send --to reject@example.net --subject held --wait 60)
    id=${id%% *}
    state_of "$id" dead && says "mail $id to reject@example.net is dead" cat "$TRAPLINE_STATE/trapline.log"
}
check 'a mail that nobody takes is dead, in the queue and in the log' held

inform() { snmpinform -v2c -c public -t 5 -r 5 -m '' "127.0.0.1:$DEMO_TRAP_PORT" '' 1.3.6.1.6.3.1.1.5.3 1.3.6.1.2.1.2.2.1.1.7 i 7; }
check 'a critical notification' inform
check 'digest list' says 'as it happens' trapline digest list
check 'digest preview names it' says 'linkDown' trapline digest preview now
check 'digest send: delivered' says ' sent' trapline digest send now --wait 60
by_itself() { mails | grep -aq '^Message-Id: <now\.1-1\.'; }
check 'and the digest that goes by itself comes besides' until_true 60 by_itself
twice() { [ "$(mails | grep -ac '^Subject: \[now\] 1 critical')" -eq 2 ]; }
check 'each once' twice
check 'mail test' says ' sent' trapline mail test dora@example.net --wait 60
check 'no recipient: said, and nothing is queued' exits 2 trapline send --subject x --to '' /etc/hostname
check 'a relay there is not: said, and nothing is queued' says 'no mail section is called nope; there is relay' trapline send --subject x --to a@example.net --relay nope /etc/hostname
check 'nor by a test' exits 2 trapline mail test a@example.net --relay nope
check 'a directory instead of a text' exits 2 trapline send --subject x --to a@example.net /etc
check 'or as an attachment' exits 2 trapline send --subject x --to a@example.net --attach /etc /etc/hostname
check 'or of a bounce' exits 2 trapline mail bounce /etc
large() { head -c 17000000 /dev/zero | tr '\0' x | exits 2 trapline send --subject x --to a@example.net; }
check 'a text that is too large' large
many() { says 'at most 500 recipients' trapline send --subject x --to "$(printf 'a%d@example.net,' {1..501})" /etc/hostname; }
check 'a recipient too many: none is left out silently' many
check 'a number and --all' exits 2 trapline mail hold 1 --all
check 'a number beyond all' exits 2 trapline mail show 99999999999999999999
check 'a sub-command is named whole' says 'trapline: mail flush: takes nothing' trapline mail flush 3
check 'and so is its help' says 'trapline mail --help' trapline mail frob
check 'the queue as CSV' says ',[trapline] a test,1,' trapline --csv mail queue --all
none_of_it() { ! trapline mail queue --all | grep ' x$'; }
check 'and none of that is in the outbox' none_of_it
check 'an address that is none' exits 2 trapline send --subject x --to 'a b@c d>' /etc/hostname
injected() { ! echo x | trapline send --to a@example.net --subject $'x\r\nBcc: evil@example.net'; }
check 'a line break in a subject is refused' injected
check 'a mail there is not' exits 1 trapline mail show 9999
plan
