#!/bin/bash
# The demo's network as `./bootstrap demo` opens it: every device answers with what has a name, and has something to say.
# shellcheck disable=SC2154
if [ -z "${DEMO_DIR-}" ]; then
    exec bash "$top_srcdir/tests/demo/run" "$top_builddir" bash "$0"
fi
. "$top_srcdir/tests/e2e/lib.sh"
trapline() { timeout 60 "$top_builddir/trapline" "$@"; }
whole() { [ "$(grep -c '^ready .* broken=0' "$DEMO_DIR/sim.log")" -eq 6 ] && ! grep -E '^error|^sim:' "$DEMO_DIR/sim.log"; }
check 'six recordings, each line of which makes sense' whole
named() { # DEVICE: what it answers has names from our own modules alone
    trapline walk "$1" 1 > "$scratch/walk" && [ "$(wc -l < "$scratch/walk")" -gt 40 ] && ! grep -E '^[0-9.]+ =' "$scratch/walk"
}
for device in core-1 edge-1 nas-1 printer-2 ups-1 far-end; do
    check "all that $device answers has a name" named "$device"
done
moves() { # its octets go on
    local first now
    first=$(trapline --json get core-1 ifHCInOctets.1)
    moved() { now=$(trapline --json get core-1 ifHCInOctets.1) && [ "$now" != "$first" ]; }
    until_true 10 moved
}
check 'its counters move' moves
heard() { trapline traps | grep -q "  $1  $2"; }
check 'the UPS has an alarm' until_true 40 heard ups-1 upsTrapAlarmEntryAdded
check 'the router loses a neighbour' until_true 40 heard edge-1 bgpBackwardTransNotification
prints() { # TEXT COMMAND...
    local text=$1
    shift
    "$@" 2>&1 | tee /dev/stderr | grep -qF -- "$text"
}
check 'an identifier as a value is shown by its name' prints 'hrStorageType.31 = hrStorageFixedDisk' trapline get nas-1 hrStorageType.31
check 'in a table, too' prints hrDeviceProcessor trapline --csv table nas-1 hrDeviceTable hrDeviceType
check 'a product, too' prints '"value":"linux"' trapline --json get nas-1 sysObjectID.0
check 'not with --numeric' prints '1.3.6.1.2.1.25.2.1.4' trapline --numeric get nas-1 hrStorageType.31
check 'not with --raw' prints '1.3.6.1.2.1.25.2.1.4' trapline --raw get nas-1 hrStorageType.31
check 'and is set by its name' prints '"pingUdpEcho"' trapline --json set edge-1 --yes 'pingCtlType["noc","carrier-a"]=pingUdpEcho'
check 'of which the agent has the number' prints '1.3.6.1.2.1.80.3.2' trapline --raw get edge-1 'pingCtlType["noc","carrier-a"]'
check 'a name that nobody knows is none' bash -c '! "$0" set edge-1 --yes "pingCtlType[\"noc\",\"carrier-a\"]=noSuchName" 2>/dev/null' "$top_builddir/trapline"
check 'its alias is set' trapline set core-1 --yes 'ifAlias.3=spare'
check 'the others refuse, as their profile may only read' bash -c '! "$0" set ups-1 --yes "sysName.0=x"' "$top_builddir/trapline"
plan
