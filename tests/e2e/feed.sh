#!/bin/bash
# The feed with a real collector behind it: names that come with a module, the whole journal filtered, a sender that one
# key lets in, and a storm while the feed stands paused.
# shellcheck disable=SC2154
if [ -z "${DEMO_DIR-}" ]; then
    exec bash "$top_srcdir/tests/demo/run" "$top_builddir" --quiet bash "$0"
fi
. "$top_srcdir/tests/e2e/lib.sh"
receiver=127.0.0.1:$DEMO_TRAP_PORT
trapline() { timeout 60 "$top_builddir/trapline" "$@"; }
mkdir -p "$DEMO_DIR/modules"
printf 'mib-directories = { "%s" }\n' "$DEMO_DIR/modules" >> "$DEMO_DIR/config/trapline.conf"

open_feed() { start 132x40 "$top_builddir/trapline" && expect 'demo-v2c' 30 && keys 4 && expect 'No notification has come yet' 20; }
check 'the feed of an empty journal says so' open_feed
door() { snmptrap -v2c -c public -m '' "$receiver" '' 1.3.6.1.4.1.424242.0.1 1.3.6.1.4.1.424242.1.2.7 i 7 1.3.6.1.4.1.424242.1.1.7 i 2; }
numbers() { door && expect '424242.0.1' 20 && expect '424242.1.1.7 2'; }
check 'a notification that nobody can name is shown by its numbers' numbers
module() {
    cat > "$DEMO_DIR/modules/DOOR-MIB.txt" <<'MIB'
DOOR-MIB DEFINITIONS ::= BEGIN
IMPORTS MODULE-IDENTITY, OBJECT-TYPE, NOTIFICATION-TYPE, Integer32, enterprises FROM SNMPv2-SMI;
doorMIB MODULE-IDENTITY LAST-UPDATED "202611230000Z" ORGANIZATION "x" CONTACT-INFO "x" DESCRIPTION "Doors."
    ::= { enterprises 424242 }
doorNotifications OBJECT IDENTIFIER ::= { doorMIB 0 }
doorObjects OBJECT IDENTIFIER ::= { doorMIB 1 }
doorLeafState OBJECT-TYPE SYNTAX INTEGER { closed(1), open(2) } MAX-ACCESS read-only STATUS current
    DESCRIPTION "How it stands." ::= { doorObjects 1 }
doorSerial OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS current DESCRIPTION "Its number." ::= { doorObjects 2 }
doorMoved NOTIFICATION-TYPE OBJECTS { doorLeafState } STATUS current DESCRIPTION "Somebody went through it."
    ::= { doorNotifications 1 }
END
MIB
    expect 'doorMoved' 30 && expect 'leaf open  doorSerial 7'
}
check 'a module arrives, and the row that is there has its names, the state first' module
detail() { keys Enter; expect 'doorLeafState.7' && expect 'open(2)' && expect 'Somebody went through it.' && keys Escape && expect 'last hour'; }
check 'so has its detail, with what the module says' detail
named() { trapline traps doorLeafState=open | grep -q 'doorMoved.*doorLeafState.7=open(2)'; }
check 'and the command line' named

v3=(-u ops -l authPriv -a SHA-256 -A demo-auth-pass -x AES -X demo-priv-pass)
stranger() { snmptrap -v3 -e 0x8000000001020399 "${v3[@]}" -m '' "$receiver" '' 1.3.6.1.6.3.1.1.5.2; }
turned_away() { stranger && keys L && expect 'engine unknown, user ops' 20 && expect 'engine 0x8000000001020399'; }
check 'a stranger is turned away, and the ledger shows it with the cause' turned_away
let_in() { keys a; expect 'v3-ops' && typed 'v3-ops' && keys Enter && expect 'is let in by profile v3-ops'; }
check 'a lets it in; which of two profiles is asked' let_in
arrives() { stranger; shows warmStart; }
received() { keys Escape; until_true 30 arrives; }
check 'and what it sends then is received' received
taken_back() { trapline senders list | grep -q 'admitted' && trapline senders forget 127.0.0.1; }
check 'the same as trapline senders admit: it is listed and forgotten there' taken_back

blast() { "$top_builddir/tests/intake/blast" traps "$receiver" "count=$1" rate=10000; }
newest() { trapline --json traps --limit 1 | /usr/bin/python3 -c 'import json, sys; print(json.loads(sys.stdin.read())["id"])'; }
number() { /usr/bin/python3 -c 'import sys; print(f"{int(sys.argv[1]):,}".replace(",", " "))' "$1"; }
below() { shows "paused · $(number $(($(newest) - 1))) below, G follows"; }
storm() {
    keys g
    expect 'doorMoved #1' && blast 20000 && until_true 30 below && shows 'doorMoved #1'
}
check 'in a storm a paused feed stays where it is and counts' storm
whole() { shows "$(number "$(newest)") in all"; }
check 'the last hour adds up' until_true 20 whole
follow() { shows "following · $(number "$(newest)") in the journal"; }
following() { keys G; until_true 20 follow; }
check 'G follows again, at the newest' following
found() { keys /; typed doorMoved; keys Enter; expect "1 found in $(number "$(newest)")" 30 && expect 'leaf open' && whole; }
check 'a filter finds the one row under all of them, and the last hour is still whole' found
nothing() { keys /; keys C-u; typed xyzzy; expect 'found'; keys Enter; expect "0 found in $(number "$(newest)")" 60 && keys Escape; }
check 'a filter that matches nothing says how far it is, and ends' nothing
leave() { keys q; until_true 20 ended; }
check 'q leaves' leave
plan
