#!/bin/bash
# No secret shows: in the arguments or the environment of a process, in the store, the log, an export, a core.
# shellcheck disable=SC2154
if [ -z "${DEMO_DIR-}" ]; then
    exec bash "$top_srcdir/tests/demo/run" "$top_builddir" --quiet bash "$0"
fi
. "$top_srcdir/tests/e2e/lib.sh"
trapline() { timeout 60 "$top_builddir/trapline" "$@"; }
ulimit -c unlimited 2>/dev/null
# What the demo's settings point to, and one that is typed at the command line.
secrets=(demo-rw demo-auth-pass demo-priv-pass demo-mail-pass typed-secret)
none_in() { # FILE...
    local s found=0
    for s in "${secrets[@]}"; do
        if grep -alF -- "$s" "$@" 2>/dev/null; then
            echo "has $s"
            found=1
        fi
    done
    return $found
}
ours() { # the processes of trapline that run in this network
    local p
    for p in /proc/[0-9]*; do
        case $(readlink "$p/exe" 2>/dev/null) in "$top_builddir"/*) tr '\0' '\n' < "$p/environ" 2>/dev/null | grep -qF "TRAPLINE_STATE=$TRAPLINE_STATE" && echo "$p" ;; esac
    done
}
start 100x30 "$top_builddir/trapline"
check 'a console is open and devices answer' expect '3 of 4 answering' 30
processes() {
    local list
    list=$(ours)
    echo "$list"
    [ "$(echo "$list" | wc -l)" -ge 3 ]
}
check 'console, collector and writer are seen' processes
check 'no secret in the arguments or the environment of any' none_in $(ours | sed 's|$|/cmdline|') $(ours | sed 's|$|/environ|')

typed_once() { # a command that waits for an answer that never comes
    /usr/bin/python3 - <<'PY' > "$scratch/silent.port" &
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
s.settimeout(60)
s.recv(65536)
print("asked", flush=True)
s.recv(65536)
PY
    local server=$! client
    until_true 10 test -s "$scratch/silent.port"
    trapline get -v2c -c typed-secret -t 30 -r 0 "127.0.0.1:$(head -1 "$scratch/silent.port")" sysName.0 2> "$scratch/warning" &
    client=$!
    until_true 20 grep -q asked "$scratch/silent.port" || return 1
    local status=0 p
    for p in /proc/[0-9]*; do
        case $(readlink "$p/exe" 2>/dev/null) in */trapline) none_in "$p/cmdline" || status=1 ;; esac
    done
    pkill -P $client; kill $server
    grep -q 'shows a secret to everyone' "$scratch/warning" && return $status
}
check 'one that is typed as an argument is wiped at once, and warned about' typed_once

everything_used() {
    trapline get demo-v2c sysName.0 && trapline get demo-v3 sysName.0 && trapline set demo-v2c --yes sysContact.0=ops &&
        snmpinform -v2c -c demo-rw -t 5 -r 3 -m '' "127.0.0.1:$DEMO_TRAP_PORT" '' 1.3.6.1.6.3.1.1.5.3
}
check 'every credential is used' everything_used
check 'none in the store, the log, the state' none_in $(find "$TRAPLINE_STATE" "$TRAPLINE_CACHE" -type f) "$DEMO_DIR/traplined.log"
prints() {
    { trapline --print-config; trapline --json traps; trapline --csv traps; trapline --json changes; trapline --json devices; } > "$scratch/printed" 2>&1
    grep -q 'demo-v2c' "$scratch/printed" && none_in "$scratch/printed"
}
check 'none in what is printed or exported, the community of a stored notification included' prints
no_core() {
    local p list
    list=$(ours)
    for p in $list; do
        grep -q 'Max core file size *0 *0' "$p/limits" 2>/dev/null || { echo "$p $(readlink "$p/exe") may leave a core"; return 1; }
    done
}
check 'no process of it may leave a core' no_core
t kill-server
plan
