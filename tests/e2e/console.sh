#!/bin/bash
# The whole job by keys, in a terminal, against a real snmpd, real notifications and a real mail server: look at the
# devices, browse, read a table, set a value, watch notifications come, mail a digest.
# shellcheck disable=SC2154
if [ -z "${DEMO_DIR-}" ]; then
    exec bash "$top_srcdir/tests/demo/run" "$top_builddir" --quiet bash "$0"
fi
. "$top_srcdir/tests/e2e/lib.sh"
agent=127.0.0.1:$DEMO_AGENT_PORT receiver=127.0.0.1:$DEMO_TRAP_PORT
trapline() { timeout 60 "$top_builddir/trapline" "$@"; }
open_console() { start "$1" "$top_builddir/trapline" "${@:2}"; }
leave() { # q, view by view; what is staged and not sent is asked about
    gone() { ended || { keys q; shows 'leave' && keys y; ended; }; }
    until_true 20 gone || { screen; cat "$scratch/status" "$scratch/stderr"; return 1; }
}
asked() { snmpget -v2c -c demo-rw -m '' -Oqv "$agent" "$1"; }
# Keys are typed when what they need is on the screen.
press() { # TEXT KEY...
    expect "$1" 20 || return 1
    keys "${@:2}"
}
find_object() { # NAME: the tree's cursor is on it
    press '/ search' / || return 1
    typed "$1"
    expect 'best first' && keys Enter && expect "› $1 ─" && expect "$1 ──"
}

devices_fill_in() { expect '3 of 4 answering' 30 && expect 'demo-host' && expect 'nothing listens on'; }
check 'the console opens and the devices answer' open_console 132x40
check 'each device has its state, latency, uptime and name; a silent one says why' devices_fill_in
check 'a v3 device says that it is spoken to with privacy' expect 'v3 priv'

browse() { keys Enter && expect 'Objects' && expect '"loopback, row A, rack 1"'; }
check 'Enter browses: system, with live values' browse
by_name() { find_object ifOperStatus && expect 'lowerLayerDown(7)' && expect 'The state it really has'; }
check 'an object is found by part of its name; it says what it means' by_name
elsewhere() { find_object lldpRemSysName && expect 'lldpRemoteSystemsData' && find_object ifOperStatus; }
check 'so is one that does not lie below internet' elsewhere
walk_it() { keys w; expect 'Instances' && expect '▏ .1  ' && expect 'down(2)    '; }
check 'its instances are walked and rendered' walk_it

table_opens() { keys t; expect 'PhysAddress' && expect 'softwareLoopback'; }
check 'ifTable as rows and columns' table_opens
to_the_right() { for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do keys Right; done; expect 'ifOutOctets'; }
check 'scrolled to the right' to_the_right
octets() { screen | awk '$1 == "ifInOctets" || $2 == "ifInOctets" { print $NF }'; }
lo_moves() {
    keys Enter
    expect 'ifInOctets' || return 1
    local before
    before=$(octets)
    moved() { asked 1.3.6.1.2.1.1.3.0; local now; now=$(octets); [ -n "$now" ] && [ "$now" != "$before" ]; }
    until_true 40 moved
}
check 'a row as a list, read again by itself' lo_moves

edit_contact() {
    keys 2
    find_object sysContact || return 1
    press 'sysContact' e && press 'Change set' C-u || return 1
    typed 'noc, ext. 4711'
    keys Enter
    expect '1 valid' && expect '14 of 255 octets' || { screen; return 1; }
    keys C-s
    expect 'read back'
}
check 'sysContact is edited, sent, read back' edit_contact
contact_is() { [ "$(asked 1.3.6.1.2.1.1.4.0)" = "\"$1\"" ]; }
check 'and the agent has it' until_true 20 contact_is 'noc, ext. 4711'
edit_enumeration() {
    keys Escape
    find_object snmpEnableAuthenTraps || return 1
    press 'snmpEnableAuthenTraps' Enter && expect 'disabled(2)' && keys e && expect 'Change set' || return 1
    expect 'enabled(1)' || return 1
    keys Up Enter
    expect '1 valid' || { screen; return 1; }
    keys C-s
    expect 'read back'
}
check 'an enumeration is picked, sent, read back' edit_enumeration
traps_are_enabled() { [ "$(asked 1.3.6.1.2.1.11.30.0)" = 1 ]; }
check 'and the agent has it' until_true 20 traps_are_enabled
agent_refuses() {
    keys Escape
    find_object sysName || return 1
    press 'sysName' e && press 'Change set' C-u || return 1
    typed 'another-name'
    keys Enter
    press '1 valid' C-s
    expect 'notWritable'
}
check "the agent's refusal stands beside the value, in words" agent_refuses
journal() { keys Escape; keys 6; expect '"noc, ext. 4711"' && expect 'snmpEnableAuthenTraps'; }
check 'Changes has what was set' journal

send_all() {
    local v3=(-u ops -l authPriv -a SHA-256 -A demo-auth-pass -x AES -X demo-priv-pass)
    local if2=(1.3.6.1.2.1.2.2.1.1.2 i 2 1.3.6.1.2.1.2.2.1.7.2 i 1 1.3.6.1.2.1.2.2.1.8.2 i 2)
    snmptrap -v1 -c public -m '' "$receiver" 1.3.6.1.4.1.8072.3.2.10 127.0.0.1 6 7 '' 1.3.6.1.2.1.1.5.0 s 'from v1' &&
        snmptrap -v2c -c public -m '' "$receiver" '' 1.3.6.1.6.3.1.1.5.1 &&
        snmpinform -v2c -c public -t 5 -r 5 -m '' "$receiver" '' 1.3.6.1.6.3.1.1.5.4 "${if2[@]}" &&
        snmptrap -v3 -e 0x8000000001020304 "${v3[@]}" -m '' "$receiver" '' 1.3.6.1.6.3.1.1.5.5 &&
        snmpinform -v3 "${v3[@]}" -t 5 -r 5 -m '' "$receiver" '' 1.3.6.1.2.1.33.2.1 1.3.6.1.2.1.33.1.2.3.0 i 12
}
watch() { keys 4; expect 'notification'; }
check 'the feed opens' watch
check 'notifications of every version are sent, informs are answered' send_all
all_named() { expect 'coldStart' && expect 'linkUp' && expect 'authenticationFail' && expect upsTrapOnBattery && expect '"from v1"'; }
check 'they come by themselves, named' all_named
check 'the ledger is on the screen and adds up' expect 'stored 5 + dropped by rule 0 + rejected 0 + malformed 0 + protocol 1  ✓ adds up'
detail() { keys Enter; expect upsEstimatedMinutesRemaining && expect 'v3 inform, answered once stored'; }
check 'Enter shows every varbind and how it came' detail
check 'q leaves' leave
again() {
    local pid
    pid=$(head -n 1 "$TRAPLINE_STATE/collector.lock")
    no_collector() { flock -n -s "$TRAPLINE_STATE/collector.lock" true; }
    kill -TERM "$pid" && until_true 20 no_collector || return 1
    t kill-server
    until_true 10 bash -c '! tmux -S "$0" list-sessions 2>/dev/null' "$tmux_socket"
    open_console 80x24 && expect 'demo-v2c' && keys 4 && all_named
}
check 'all is there after console and collector were started again' again

mails() { cat "$DEMO_DIR"/mail/Maildir/new/* 2>/dev/null; }
has_mail() { # SUBJECT-PART
    mails | /usr/bin/python3 -c '
import sys, email.header
for line in sys.stdin:
    if line.startswith("Subject:") and sys.argv[1] in str(email.header.make_header(email.header.decode_header(line[8:]))):
        sys.exit(0)
sys.exit(1)' "$1"
}
digest() { press 'mail digest' X && press 'Write a mail' C-s && until_true 60 has_mail '[in view]'; }
check 'X mails a digest of what is in view' digest
compose() {
    keys 5
    press 'Outbox' c && expect 'Write a mail' || return 1
    typed 'Night shift'
    keys Tab
    typed 'All calm.'
    keys C-s
    until_true 60 has_mail 'Night shift'
}
check 'c writes a mail' compose
sent() { expect 'sent' 20; }
check 'the outbox says that it went' sent
keys_are_told() { keys '?'; expect 'write a mail' && keys Escape; }
check '? tells the keys of the view' keys_are_told
completes() { keys :; typed 'vie'; expect 'go to a view' && keys Escape; }
check ': completes' completes
resized() { t resize-window -t e2e -x 50 -y 12; expect 'needs 60 columns and 16 rows' && t resize-window -t e2e -x 100 -y 30 && expect 'Outbox'; }
check 'a terminal too small says what it needs, and comes back' resized
themes() { keys T; expect 'theme'; }
check 'T changes the theme' themes
check 'q leaves again' leave

critical() {
    snmpinform -v2c -c public -t 5 -r 5 -m '' "$receiver" '' 1.3.6.1.6.3.1.1.5.3 1.3.6.1.2.1.2.2.1.1.7 i 7 &&
        until_true 90 has_mail '[now] 1 critical' && mails | grep -a 'linkDown'
}
check 'with no console open, a critical notification is mailed by itself' critical
plan
