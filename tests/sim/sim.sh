#!/bin/sh
# The simulator against net-snmp's tools: what is recorded is what they see, over every version, and faults do as told.
sim=$top_builddir/tests/sim/sim
for tool in snmpget snmpgetnext snmpwalk snmpbulkwalk snmpbulkget snmpset; do
    command -v $tool >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
dir=`mktemp -d` || exit 1
trap 'exec 3>&- 2>/dev/null; test -n "$pid" && kill $pid 2>/dev/null; rm -rf "$dir"' EXIT
MIBS= SNMPCONFPATH=$dir SNMP_PERSISTENT_DIR=$dir; export MIBS SNMPCONFPATH SNMP_PERSISTENT_DIR
n=0 failed=0
is() { # TITLE EXPECTED GOT
    n=`expr $n + 1`
    if test "$2" = "$3"; then echo "ok $n - $1"; else
        failed=1; echo "not ok $n - $1"; printf '%s\n' "expected: $2" "got:      $3" | sed 's/^/# /'
    fi
}
has() { # TITLE PART GOT
    case $3 in *"$2"*) is "$1" "" "" ;; *) is "$1" "…$2…" "$3" ;; esac
}

cat > "$dir/a.snmprec" <<'REC'
1.3.6.1.2.1.1.5.0|4|name
1.3.6.1.2.1.1.1.0|4x|48692c0a74686572 65
this is no line
1.3.6.1.2.1.1.3.0|67|12345
1.3.6.1.2.1.1.4.0|4e|a\tb\x07
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.32473
1.3.6.1.2.1.1.5.0|4|a second one
1.3.6.1.2.1.1.7.0|2|-7
1.3.6.1.2.1.2.2.1.10.1|65:numeric|initial=4294967290,rate=1000
1.3.6.1.2.1.4.20.1.1.10.0.0.1|64|10.0.0.1
1.3.6.1.2.1.4.20.1.1.10.0.0.2|64x|0a000002
1.3.6.1.2.1.9.1|66|
1.3.6.1.2.1.9.2|70|18446744073709551615
1.3.6.1.2.1.9.3|68|Float: 0.620000
1.3.6.1.2.1.9.4|5|
1.3.6.1.2.1.9.5|6|not an oid
.1.3.6.1.2.1.9.6 = STRING: "from a walk"
.1.3.6.1.2.1.9.7 = Hex-STRING: 00 FF 
.1.3.6.1.2.1.9.8 = INTEGER: up(1)
1.3.6.1.4.1.1.1.2.1|2|1
1.3.6.1.4.1.1.1.3.1|4|row one
REC
i=0
while test $i -lt 500; do echo "1.3.6.1.4.1.2.1.$i|4|value number $i"; i=`expr $i + 1`; done > "$dir/b.snmprec"
echo "1.3.6.1.4.1.3.1|2|1" | tee -a "$dir/a.snmprec" >> "$dir/b.snmprec"

mkdir "$dir/cert_indexes"
mkfifo "$dir/in"
"$sim" -i -s 7 'user plain' 'user md auth=MD5:password1 priv=DES:password2' 'user sha auth=SHA-1:password1 priv=AES-128:password2' \
    'user sha2 auth=SHA-256:password1 priv=AES-192:password2' 'user sha5 auth=SHA-512:password1 priv=AES-256:password2' \
    'user half auth=SHA-384:password1' "device a $dir/a.snmprec write=secret" "device b $dir/b.snmprec" \
    "device many $dir/a.snmprec at=127.20.0.1 count=300" "device six $dir/a.snmprec at=[::1]" "context a other $dir/b.snmprec" \
    < "$dir/in" > "$dir/out" 2>&1 &
pid=$!
exec 3> "$dir/in"
wait_for() { # until the output has as many lines that match as told
    i=0
    while test `grep -c "$1" "$dir/out"` -lt $2; do
        i=`expr $i + 1`; test $i -lt 500 || { echo "Bail out! no $1"; cat "$dir/out" >&2; exit 1; }
        sleep 0.02
    done
}
asked=0
wait_for '^serving' 1
asked=`grep -c '^ok\|^error' "$dir/out"`
tell() { # runs a command and waits until it has been done
    echo "$*" >&3; asked=`expr $asked + 1`; wait_for '^ok\|^error' $asked
}
where() { sed -n "s/^ready $1 \([^ ]*\).*/\1/p" "$dir/out"; }
a=`where a` b=`where b` six=`where six` many=`where many`
get() { snmpget -Oqvt -t 0.5 -r 1 "$@" 2>&1; }

has "broken lines are counted" "entries=19 broken=2" "`grep '^ready a' "$dir/out"`"
is "hexadecimal" '"Hi,
there"' "`get -v2c -c public $a 1.3.6.1.2.1.1.1.0`"
is "the first line of a name wins, in any order" '"name"' "`get -v2c -c public $a 1.3.6.1.2.1.1.5.0`"
is "time" 12345 "`get -v2c -c public $a 1.3.6.1.2.1.1.3.0`"
is "escapes" '"61 09 62 07 "' "`get -v2c -c public $a 1.3.6.1.2.1.1.4.0`"
is "a negative number" -7 "`get -v2c -c public $a 1.3.6.1.2.1.1.7.0`"
is "addresses" '10.0.0.1
10.0.0.2' "`get -v2c -c public $a 1.3.6.1.2.1.4.20.1.1.10.0.0.1 1.3.6.1.2.1.4.20.1.1.10.0.0.2`"
is "an empty number, a large one" '0
18446744073709551615' "`get -v2c -c public $a 1.3.6.1.2.1.9.1 1.3.6.1.2.1.9.2`"
is "a float" '0.620000' "`get -v2c -c public $a 1.3.6.1.2.1.9.3`"
is "lines of snmpwalk" '"from a walk"
"00 FF "
1' "`get -v2c -c public $a 1.3.6.1.2.1.9.6 1.3.6.1.2.1.9.7 1.3.6.1.2.1.9.8`"
has "noSuchInstance" "No Such Instance" "`get -v2c -c public $a 1.3.6.1.2.1.1.5.1`"
has "noSuchObject" "No Such Object" "`get -v2c -c public $a 1.3.6.1.2.1.99.1`"
has "noSuchName in v1" "noSuchName" "`get -v1 -c public $a 1.3.6.1.2.1.99.1`"
is "v1 passes over Counter64" ".1.3.6.1.2.1.9.3 0.620000" "`snmpgetnext -v1 -c public -Onq $a 1.3.6.1.2.1.9.1`"
has "another community gets nothing" "No Response" "`get -r 0 -v2c -c wrong $a 1.3.6.1.2.1.1.5.0`"
is "walk and bulk walk agree" "`snmpwalk -v2c -c public -On $b 1.3`" "`snmpbulkwalk -v2c -c public -On -Cr50 $b 1.3`"
is "and are whole" 502 "`snmpwalk -v2c -c public -On $b 1.3 | wc -l | tr -d ' '`"
is "IPv6" '"name"' "`get -v2c -c public udp6:$six 1.3.6.1.2.1.1.5.0`"
port=${many#*:}
is "many at one port, by address" '"name"' "`get -v2c -c public 127.20.1.44:$port 1.3.6.1.2.1.1.5.0`"
has "and no more than told" "No Response" "`get -r 0 -v2c -c public 127.20.1.45:$port 1.3.6.1.2.1.1.5.0`"

for u in "md MD5 DES" "sha SHA AES" "sha2 SHA-256 AES-192" "sha5 SHA-512 AES-256"; do
    set -- $u
    is "v3 $2 $3" '"name"' "`get -v3 -u $1 -l authPriv -a $2 -A password1 -x $3 -X password2 $a 1.3.6.1.2.1.1.5.0`"
done
is "v3 noAuthNoPriv" '"name"' "`get -v3 -u plain -l noAuthNoPriv $a 1.3.6.1.2.1.1.5.0`"
is "v3 authNoPriv" '"name"' "`get -v3 -u half -l authNoPriv -a SHA-384 -A password1 $a 1.3.6.1.2.1.1.5.0`"
is "v3 context" '"value number 3"' "`get -v3 -u half -l authNoPriv -a SHA-384 -A password1 -n other $a 1.3.6.1.4.1.2.1.3`"
has "v3 wrong password" "Authentication failure" "`get -v3 -u half -l authNoPriv -a SHA-384 -A password9 $a 1.3.6.1.2.1.1.5.0`"
has "v3 unknown user" "Unknown user name" "`get -v3 -u nobody -l noAuthNoPriv $a 1.3.6.1.2.1.1.5.0`"
has "v3 too low a level" "authorizationError" "`get -v3 -u sha -l authNoPriv -a SHA -A password1 $a 1.3.6.1.2.1.1.5.0`"

put() { snmpset -Oqv -t 0.5 -r 0 -v2c -c secret $a "$@" 2>&1; }
tell "writable a 1.3.6.1.2.1.1.5 0..8"
tell "writable a 1.3.6.1.2.1.1.7 -10..10"
tell "writable a 1.3.6.1.4.1.1 create"
tell "rows a 1.3.6.1.4.1.1.1 2 3"
is "SET" '"new"' "`put 1.3.6.1.2.1.1.5.0 s new`"
is "and it stays" '"new"' "`get -v2c -c public $a 1.3.6.1.2.1.1.5.0`"
has "another type" wrongType "`put 1.3.6.1.2.1.1.5.0 i 5`"
has "too long" wrongLength "`put 1.3.6.1.2.1.1.5.0 s ninechars`"
has "out of range" wrongValue "`put 1.3.6.1.2.1.1.7.0 i 11`"
has "not writable" notWritable "`put 1.3.6.1.2.1.1.4.0 s x`"
has "the read community cannot" noAccess "`snmpset -v2c -c public $a 1.3.6.1.2.1.1.5.0 s x 2>&1`"
has "all or nothing" "wrongValue" "`put 1.3.6.1.2.1.1.5.0 s second 1.3.6.1.2.1.1.7.0 i 11`"
is "nothing was done" '"new"' "`get -v2c -c public $a 1.3.6.1.2.1.1.5.0`"
has "a row needs its columns" inconsistentValue "`put 1.3.6.1.4.1.1.1.2.7 i 4`"
has "a column needs its row" inconsistentName "`put 1.3.6.1.4.1.1.1.3.7 s seven`"
is "createAndGo" '4
"seven"' "`put 1.3.6.1.4.1.1.1.2.7 i 4 1.3.6.1.4.1.1.1.3.7 s seven`"
is "is active" 1 "`get -v2c -c public $a 1.3.6.1.4.1.1.1.2.7`"
put 1.3.6.1.4.1.1.1.2.8 i 5 > /dev/null
is "createAndWait is notReady" 3 "`get -v2c -c public $a 1.3.6.1.4.1.1.1.2.8`"
put 1.3.6.1.4.1.1.1.3.8 s eight > /dev/null
is "until it has its columns" 2 "`get -v2c -c public $a 1.3.6.1.4.1.1.1.2.8`"
put 1.3.6.1.4.1.1.1.2.7 i 6 > /dev/null
is "destroy" '.1.3.6.1.4.1.1.1.2.1 1
.1.3.6.1.4.1.1.1.2.8 2
.1.3.6.1.4.1.1.1.3.1 "row one"
.1.3.6.1.4.1.1.1.3.8 "eight"' "`snmpwalk -v2c -c public -Onq $a 1.3.6.1.4.1.1`"
tell "writable a 1.3.6.1.2.1.1.7 fails=14"
has "a commit that fails" commitFailed "`put 1.3.6.1.2.1.1.5.0 s third 1.3.6.1.2.1.1.7.0 i 1`"
is "undoes what was done" '"new"' "`get -v2c -c public $a 1.3.6.1.2.1.1.5.0`"
tell "reboot a"
is "a reboot forgets it" '"name"' "`get -v2c -c public $a 1.3.6.1.2.1.1.5.0`"

tell "fault b stuck=1.3.6.1.4.1.2.1.9"
has "an OID that does not increase" "not increasing" "`snmpwalk -v2c -c public -On $b 1.3 2>&1 | tail -3`"
tell "fault b none endless=1.3.6.1.4.1.2.9"
is "a table without end" .1.3.6.1.4.1.2.9.778 "`snmpgetnext -v2c -c public -Onq $b 1.3.6.1.4.1.2.9.777 | cut -d' ' -f1`"
tell "fault b none error=5"
has "every answer an error" genError "`get -v2c -c public $b 1.3.6.1.4.1.2.1.9`"
tell "fault b none silent=1"
has "silence" "No Response" "`get -r 0 -v2c -c public $b 1.3.6.1.4.1.2.1.9`"
tell "fault b none too-big=100"
has "tooBig" tooBig "`snmpbulkget -v2c -c public -Cr50 $b 1.3.6.1.4.1.2.1 2>&1`"
tell "fault b none max-size=300"
is "a small answer is cut to fit" 8 "`snmpbulkget -v2c -c public -Cr50 $b 1.3.6.1.4.1.2.1 | wc -l | tr -d ' '`"
tell "fault b none wrong-id=100"
has "a wrong request-id is nobody's" "No Response" "`get -r 0 -v2c -c public $b 1.3.6.1.4.1.2.1.9`"
tell "fault b none truncate=100"
has "half an answer" "No Response" "`get -r 0 -v2c -c public $b 1.3.6.1.4.1.2.1.9`"
tell "fault b none loss=30 duplicate=20 reorder=20 jitter=3ms"
is "loss and disorder change nothing" 500 "`snmpbulkwalk -t 0.1 -r 20 -v2c -c public -On -Cr20 $b 1.3.6.1.4.1.2.1 | wc -l | tr -d ' '`"
tell "fault b none delay=30ms"
tell "clear b"
start=`date +%s%N`
get -v2c -c public $b 1.3.6.1.4.1.2.1.9 > /dev/null
ms=$(( (`date +%s%N` - start) / 1000000 ))
is "a delay delays" yes "`test $ms -ge 30 && echo yes || echo $ms`"
tell "fault b none serial=200ms queue=1"
get -v2c -c public $b 1.3.6.1.4.1.2.1.9 > /dev/null & one=$!
get -v2c -c public $b 1.3.6.1.4.1.2.1.8 > /dev/null & two=$!
wait $one $two
tell "stats b"
has "a serial agent's queue has an end" " queue-drops=1 " "`grep '^stats b' "$dir/out" | tail -1`"
tell "value b 1.3.6.1.4.1.2.1.9 4 changed"
tell "gone b 1.3.6.1.4.1.2.1.1"
tell "fault b none"
is "a value is changed" '"changed"' "`get -v2c -c public $b 1.3.6.1.4.1.2.1.9`"
is "a subtree is taken away" .1.3.6.1.4.1.2.1.2 "`snmpgetnext -v2c -c public -Onq $b 1.3.6.1.4.1.2.1.0 | cut -d' ' -f1`"
wrapped=`get -v2c -c public $a 1.3.6.1.2.1.2.2.1.10.1`
is "a counter moves and wraps" yes "`test $wrapped -lt 4294967290 && echo yes || echo $wrapped`"
tell "nonsense"
has "nonsense is refused" "error nonsense" "`tail -1 "$dir/out"`"
exec 3>&-
wait $pid
is "the end of its input stops it" 0 $?
pid=
echo "1..$n"
exit $failed
