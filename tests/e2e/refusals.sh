#!/bin/bash
# Bad input from every side: each gives one clear sentence in the right place, the right exit status, and loses nothing.
# shellcheck disable=SC2154
if [ -z "${DEMO_DIR-}" ]; then
    exec bash "$top_srcdir/tests/demo/run" "$top_builddir" --quiet bash "$0"
fi
. "$top_srcdir/tests/e2e/lib.sh"
agent=127.0.0.1:$DEMO_AGENT_PORT
v3=(-v3 -u ops -l authPriv -a SHA-256 --auth-password-file "$DEMO_DIR/secrets/ops-auth" -x AES-128
    --priv-password-file "$DEMO_DIR/secrets/ops-priv" -t 1 -r 0)
trapline() { timeout 60 "$top_builddir/trapline" "$@"; }
refused() { # STATUS TEXT COMMAND...: it ends so, with one sentence on standard error that has the text, nothing on the other
    local want=$1 text=$2 got=0
    shift 2
    "$@" > "$scratch/said" 2> "$scratch/all" || got=$?
    grep -v '^==[0-9]*==' "$scratch/all" > "$scratch/why" # what a sanitizer says of itself; what it finds ends with a status of its own
    cat "$scratch/said" "$scratch/why"
    [ $got -eq "$want" ] || { echo "exit status $got, not $want"; return 1; }
    [ ! -s "$scratch/said" ] || { echo 'something on standard output'; return 1; }
    grep -F -- "$text" "$scratch/why" | grep -q '^traplined\?: ' || { echo "no sentence with: $text"; return 1; }
    [ "$(wc -l < "$scratch/why")" -eq 1 ] || { echo 'more than one sentence'; return 1; }
}
file() { # NAME TEXT: a file with a secret, for this test
    (umask 077 && printf '%s\n' "$2" > "$scratch/$1")
    echo "$scratch/$1"
}
with_settings() { # TEXT COMMAND...: with one more file of settings
    printf '%s' "$1" > "$TRAPLINE_CONFIG/conf.d/more.conf"
    shift
    local status=0
    "$@" || status=$?
    rm -f "$TRAPLINE_CONFIG/conf.d/more.conf"
    return $status
}
mkdir -p "$TRAPLINE_CONFIG/conf.d"

check 'a wrong community' refused 3 'check the address, the community' \
    trapline get -v2c --community-file "$(file wrong not-it)" -t 1 -r 0 "$agent" sysName.0
check 'a wrong authentication password' refused 3 'does not accept the authentication password' \
    trapline get "${v3[@]}" --auth-password-file "$(file auth wrong-password)" "$agent" sysName.0
check 'a wrong privacy password' refused 3 'the privacy password or protocol may be wrong' \
    trapline get "${v3[@]}" --priv-password-file "$(file priv wrong-password)" "$agent" sysName.0
check 'a user nobody knows' refused 3 'knows no user "nobody"' trapline get "${v3[@]}" -u nobody "$agent" sysName.0
check 'a level that is too low' refused 3 'authorizationError(16)' trapline get -v3 -u ops -l noAuthNoPriv -t 1 -r 0 "$agent" sysName.0
check 'a silent device' refused 3 'nothing listens on 127.0.0.1:9' trapline get unplugged sysName.0
check 'a name that does not resolve' refused 3 'check the name, or write the address' trapline get no-such-host.invalid sysName.0
check 'an OID that is none' refused 2 'is no OID' trapline get demo-v2c .1.3.99999999999
check 'a name nobody defines' refused 2 'no loaded module defines' trapline get demo-v2c noSuchThing.0
check 'a command that there is not' refused 2 'no such command' trapline gett demo-v2c sysName.0
check 'an option that there is not' refused 2 'no such option' trapline get --frobnicate demo-v2c sysName.0
shown_refused() { # STATUS TEXT COMMAND...: a plan, then the sentence
    local want=$1 text=$2 got=0
    shift 2
    "$@" > "$scratch/said" 2> "$scratch/why" || got=$?
    cat "$scratch/why"
    [ $got -eq "$want" ] && grep -qF -- "$text" "$scratch/why"
}
check 'a value that is too long' refused 2 '300 octets do not fit' \
    trapline set demo-v2c --yes "sysContact.0=$(printf '%300s' x)"
check 'a value that is none of the enumeration' refused 2 'is none of enabled(1), disabled(2)' \
    trapline set demo-v2c --yes snmpEnableAuthenTraps.0=3
check "the agent's refusal names the object" shown_refused 3 'sysName.0: the agent refuses: notWritable' \
    trapline set demo-v2c --yes sysName.0=x

check 'an unclosed section' with_settings 'device "x" {
' refused 2 'more.conf:2: the file ends inside the section device of line 1' trapline get demo-v2c sysName.0
check 'an unknown setting' with_settings 'theem = "dark"
' refused 2 'more.conf:1' trapline get demo-v2c sysName.0
check 'a title given twice' with_settings 'device "demo-v2c" { address = "127.0.0.1" }
' refused 2 'demo-v2c' trapline get demo-v2c sysName.0
bad_reload() { # the collector keeps its old settings
    local pid
    pid=$(head -n 1 "$TRAPLINE_STATE/collector.lock")
    printf 'device "x" {\n' > "$TRAPLINE_CONFIG/conf.d/more.conf"
    kill -HUP "$pid"
    told() { grep -q 'more.conf:2' "$TRAPLINE_STATE/trapline.log" "$DEMO_DIR/traplined.log"; }
    until_true 20 told || { cat "$TRAPLINE_STATE/trapline.log"; return 1; }
    rm "$TRAPLINE_CONFIG/conf.d/more.conf"
    snmpinform -v2c -c public -t 5 -r 3 -m '' "127.0.0.1:$DEMO_TRAP_PORT" '' 1.3.6.1.6.3.1.1.5.1
}
check 'a bad edit is told by the running collector, which goes on with the old settings' bad_reload

secret=$DEMO_DIR/secrets/community
chmod 644 "$secret"
check 'a secret that others can read' refused 2 'has mode 0644 and holds a secret; chmod 600 it' trapline get demo-v2c sysName.0
chmod 600 "$secret"
mv "$secret" "$secret.kept" && ln -s "$secret.kept" "$secret"
check 'a secret behind a symbolic link' refused 2 'is a symbolic link' trapline get demo-v2c sysName.0
rm "$secret"
check 'a secret that is not there' refused 2 'there is no file' trapline get demo-v2c sysName.0
mv "$secret.kept" "$secret"

check 'a store that is not there' refused 1 'there is no store' trapline --store "sqlite:$scratch/none.db" traps
head -c 100000 /dev/urandom > "$scratch/torn.db"
check 'a store that is none' refused 3 'is damaged' trapline --store "sqlite:$scratch/torn.db" traps
sqlite3 "$TRAPLINE_STATE/trapline.db" ".backup $scratch/newer.db" "ATTACH '$scratch/newer.db' AS n; PRAGMA n.user_version = 999"
check 'a store from a newer version' refused 3 'newer' trapline --store "sqlite:$scratch/newer.db" traps
kept() { [ "$(sqlite3 "$scratch/newer.db" 'PRAGMA user_version')" = 999 ] && [ "$(stat -c %s "$scratch/torn.db")" = 100000 ]; }
check 'and neither was touched' kept
locked() { # somebody holds the store: a reader is not held up, and the writer goes on when it is free
    mkfifo "$scratch/hold"
    sqlite3 "$TRAPLINE_STATE/trapline.db" < "$scratch/hold" &
    local holder=$!
    exec 4> "$scratch/hold"
    echo 'BEGIN IMMEDIATE;' >&4
    trapline traps > /dev/null || { exec 4>&-; return 1; }
    snmptrap -v2c -c public -m '' "127.0.0.1:$DEMO_TRAP_PORT" '' 1.3.6.1.6.3.1.1.5.2
    waits() { trapline --json ledger | grep -q '"waiting"'; }
    waits
    echo 'COMMIT;' >&4
    exec 4>&-
    wait $holder
    has_it() { trapline --json traps | grep -q '"warmStart"'; }
    until_true 30 has_it
}
check 'a locked store: read all the same, and what came meanwhile is stored afterwards' locked
for wrong in 'memory 3' 'memory 4x' 'memory 2048' 'longest-gap 0' 'longest-gap 9z' 'report x'; do
    # shellcheck disable=SC2086
    check "traplined --$wrong" refused 2 "--${wrong% *}: \"${wrong#* }\" is not a" timeout 20 "$top_builddir/traplined" --$wrong
done
check 'traplined with an operand' refused 2 'takes no operands' timeout 20 "$top_builddir/traplined" start
check 'one collector is enough' refused 5 'a collector is running' timeout 20 "$top_builddir/traplined"
another() { TRAPLINE_STATE=$scratch/state refused 5 'is taken by traplined' timeout 20 "$top_builddir/traplined"; }
check 'a port that is taken, by whom, and what to do' another

check 'no terminal' refused 2 'needs a terminal' trapline
unknown_terminal() {
    start 80x24 env TERM=no-such-terminal "$top_builddir/trapline" --no-collector
    expect 'demo-v2c' 20
}
check 'a terminal nobody knows is taken for a common one' unknown_terminal
t kill-server
until_true 10 bash -c '! tmux -S "$0" list-sessions 2>/dev/null' "$tmux_socket"
no_utf8() {
    start 80x24 env LC_ALL=C "$top_builddir/trapline" --no-collector
    expect 'demo-v2c' 20 && expect '3 of 4 answering' 30 && ! screen | LC_ALL=C grep -q '[^ -~]'
}
check 'a locale without UTF-8: letters stand for the symbols' no_utf8
t kill-server
plan
