#!/bin/bash
# The sub-commands against a real snmpd, a real collector and a real mail server, as a person would type them.
# shellcheck disable=SC2154
if [ -z "${DEMO_DIR-}" ]; then
    exec bash "$top_srcdir/tests/demo/run" "$top_builddir" --quiet bash "$0"
fi
. "$top_srcdir/tests/e2e/lib.sh"
trapline() { timeout 60 "$top_builddir/trapline" "$@"; }
says() { # TEXT COMMAND...: the text is in what it prints
    local text=$1
    shift
    "$@" 2>&1 | tee /dev/stderr | grep -qF -- "$text"
}
exits() { # STATUS COMMAND...
    local want=$1 got=0
    shift
    "$@" || got=$?
    [ $got -eq "$want" ] || { echo "exit status $got, not $want"; return 1; }
}
json_has() { # KEY VALUE COMMAND...: every line is JSON and one has that
    local key=$1 value=$2
    shift 2
    "$@" | /usr/bin/python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.stdin]
assert any(str(r.get(sys.argv[1])) == sys.argv[2] for r in rows), rows[:5]' "$key" "$value"
}

check 'help fits a screen' bash -c '[ "$("$0" --help | wc -l)" -le 24 ]' "$top_builddir/trapline"
check 'and no line of it is wider than 80' bash -c '! "$0" --help | grep -E ".{81}"' "$top_builddir/trapline"
check 'help of a sub-command' says 'trapline mib find' trapline help mib find
check 'help of every setting' says 'budget-per-hour' trapline help settings
check 'help of what is not there exits 2' exits 2 trapline help walks
check 'get by name, v2c' says 'sysName.0 = "demo-host"' trapline get demo-v2c sysName.0
check 'get by name, v3 authPriv' says 'sysName.0 = "demo-host"' trapline get demo-v3 sysName.0
check 'get as JSON' json_has value demo-host trapline --json get demo-v3 SNMPv2-MIB::sysName.0
check 'an object that is not there exits 1' exits 1 trapline get demo-v2c sysName.7
check 'an unknown name exits 2 and says so' exits 2 trapline get demo-v2c sysNoSuchThing.0
check 'options before the command' says 'demo-host' trapline -v 2c -c demo-rw --timeout 5 get "127.0.0.1:$DEMO_AGENT_PORT" sysName.0
check 'one with its value attached, too' says 'demo-host' trapline -v2c -c demo-rw get "127.0.0.1:$DEMO_AGENT_PORT" sysName.0
check 'an address with options' says 'demo-host' trapline get -v2c -c demo-rw "127.0.0.1:$DEMO_AGENT_PORT" sysName.0
check 'a scalar by its name alone' says 'sysName.0 = "demo-host"' trapline get demo-v2c sysName
check 'get-next of it is that, too' says 'sysName.0 = "demo-host"' trapline next demo-v2c sysName
check 'one try is one' says ' in 1 try and ' trapline get -t 1 -r 0 127.0.0.1:9 sysName.0
check 'a wrong community is no answer' exits 3 trapline get -v2c -c wrong -t 1 -r 0 "127.0.0.1:$DEMO_AGENT_PORT" sysName.0
check 'walk system' says 'sysLocation.0 = "loopback, row A, rack 1"' trapline walk demo-v3 system
walk_equals() {
    snmpwalk -v2c -c demo-rw -On -m '' "127.0.0.1:$DEMO_AGENT_PORT" .1.3.6.1.2.1.2.2.1.2 | sed 's/ = .*//; s/^\.//' > "$scratch/theirs"
    trapline --json walk demo-v2c ifDescr | /usr/bin/python3 -c 'import json,sys
for l in sys.stdin: print(json.loads(l)["oid"])' > "$scratch/ours"
    [ -s "$scratch/ours" ] && diff "$scratch/theirs" "$scratch/ours"
}
check 'a walk is what snmpwalk sees' walk_equals
check 'ifTable as a table' says 'ifDescr' trapline table demo-v2c ifTable
check 'ifTable has lo, up' bash -c '"$0" --csv table demo-v2c ifTable ifDescr ifOperStatus | grep -q "lo,up(1)"' "$top_builddir/trapline"
check 'an index of no octets is seen' says '"" ' trapline table demo-v2c nsModuleTable nsModuleName
check '--raw: numbers, whatever they mean' says 'ifOperStatus.1 = 1' trapline get --raw demo-v2c ifOperStatus.1
check '--hex: as set takes it' says 'sysName.0 = 0x64656d6f2d686f7374' trapline get --hex demo-v2c sysName.0
check '--numeric: OIDs, not names' says '1.3.6.1.2.1.1.5.0 = "demo-host"' trapline walk --numeric demo-v2c system
check 'a table, too' bash -c '"$0" --csv table demo-v2c --numeric --raw ifTable ifIndex ifOperStatus | grep -q "^1,1,1"' "$top_builddir/trapline"
check 'not where there are no values' exits 2 trapline mib show --hex sysName
check 'set, read back' says '"ops@example.net"' trapline set demo-v2c --yes 'sysContact.0=ops@example.net'
check 'the agent has it' says 'ops@example.net' snmpget -v2c -c demo-rw -m '' "127.0.0.1:$DEMO_AGENT_PORT" 1.3.6.1.2.1.1.4.0
check 'the change is journaled' says '"ops@example.net"' trapline changes
check 'set through v3' says '"via v3"' trapline set demo-v3 --yes 'sysContact.0=via v3'
check 'a value of the wrong type is refused before it is sent' exits 2 trapline set demo-v2c --yes ifAdminStatus.1=sideways
check 'a read-only object is refused' exits 2 trapline set demo-v2c --yes sysUpTime.0=1
check 'a read-only device is refused' exits 3 trapline set demo-ro --yes sysContact.0=x
check '--read-only refuses' exits 3 trapline --read-only set demo-v2c --yes sysContact.0=x
check 'nothing was sent by the refused ones' says 'via v3' snmpget -v2c -c demo-rw -m '' "127.0.0.1:$DEMO_AGENT_PORT" 1.3.6.1.2.1.1.4.0
trap_is_stored() { trapline --json traps | grep -F '"linkDown"' | grep -qF '"ifIndex.2":"2"'; }
send_inform() {
    snmpinform -v2c -c public -t 5 -r 3 -m '' "127.0.0.1:$DEMO_TRAP_PORT" '' 1.3.6.1.6.3.1.1.5.3 1.3.6.1.2.1.2.2.1.1.2 i 2
}
check 'an inform is answered' send_inform
check 'what was answered is stored, named' trap_is_stored
check 'the ledger adds up' trapline ledger
check 'send-trap: an inform, by name' says 'acknowledged in' trapline send-trap --inform "127.0.0.1:$DEMO_TRAP_PORT" linkUp ifIndex.2=2 ifAdminStatus.2=up ifOperStatus.2=up
check 'send-trap: a value that its syntax does not allow' exits 2 trapline send-trap "127.0.0.1:$DEMO_TRAP_PORT" linkUp ifAdminStatus.2=sideways
check 'replay says how many went' says '1 of 1 sent, 1 of them acknowledged' trapline replay "127.0.0.1:$DEMO_TRAP_PORT" --id 1
check 'traps by a column of a varbind' says 'linkDown' trapline traps ifIndex=2
check 'and none of another' exits 1 trapline traps ifIndex=3
check 'traps by a pattern, since' says 'linkDown' trapline traps --since 1h '/link(Up|Down)/' severity=critical
check 'nothing is of the future' exits 1 trapline traps --since 2099-01-01
check 'a time that is none' exits 2 trapline traps --since yesterday
check 'a pattern that is none' exits 2 trapline traps '/(/'
stranger() {
    snmptrap -v3 -e 0x8000000001020399 -u nobody -l authPriv -a SHA-256 -A demo-auth-pass -x AES -X demo-priv-pass -m '' \
        "127.0.0.1:$DEMO_TRAP_PORT" '' 1.3.6.1.6.3.1.1.5.1
    turned_away() { trapline senders list | grep -q 'engine unknown  user nobody  engine 0x8000000001020399'; }
    until_true 20 turned_away
}
check 'a stranger is turned away, with the cause' stranger
check 'and not let in by another user' exits 2 trapline senders admit 1 --profile v3-ops
engine() { snmptrap -v3 -e 0x8000000001020398 -u ops -l authPriv -a SHA-256 -A demo-auth-pass -x AES -X demo-priv-pass -m '' "127.0.0.1:$DEMO_TRAP_PORT" '' 1.3.6.1.6.3.1.1.5.2; }
admitted() {
    local id
    engine
    known() { id=$(trapline --json senders list | /usr/bin/python3 -c '
import json, sys
print(*[r["id"] for r in map(json.loads, sys.stdin) if r.get("engine-id") == "0x8000000001020398"])') && [ -n "$id" ]; }
    until_true 20 known && trapline senders admit "$id" --profile v3-ops --name later || return 1
    arrives() { engine; trapline traps warmStart > /dev/null; }
    until_true 30 arrives && trapline senders list | grep -q '^later .*admitted'
}
check 'an engine that is let in is received a moment later' admitted
check 'and forgotten again' trapline senders forget later
plan
