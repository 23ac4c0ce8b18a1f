#!/bin/sh
# net-snmp's own parser reads all of our modules, together and each alone, without a word of complaint.
set -u
mibs=$top_srcdir/mibs
command -v snmptranslate >/dev/null || { echo "1..0 # SKIP snmptranslate is not installed (Debian: snmp)"; exit 0; }
tmp=`mktemp -d` || exit 1
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/cert_indexes"
: >"$tmp/list"
for f in "$mibs"/*.txt; do basename "$f" .txt >>"$tmp/list"; done
n=`wc -l <"$tmp/list"`
echo "1..`expr $n + 3`"

# No settings, no other modules: a bare machine.
translate() {
    env -i PATH="$PATH" LC_ALL=C SNMPCONFPATH="$tmp" SNMP_PERSISTENT_DIR="$tmp" HOME="$tmp" MIBDIRS="$mibs" \
        timeout 60 snmptranslate "$@"
}

if translate -m ALL 1.3.6.1.2.1.2.2.1.10.3 >"$tmp/out" 2>"$tmp/err" && test ! -s "$tmp/err"; then
    echo "ok 1 - all modules together"
else
    echo "not ok 1 - all modules together"; sed 's/^/# /' "$tmp/err"
fi
grep -q '::ifInOctets\.3$' "$tmp/out" && echo "ok 2 - a number becomes a name" ||
    { echo "not ok 2 - a number becomes a name"; sed 's/^/# /' "$tmp/out"; }

# The same call notices a module that is wrong, or the silence above would prove nothing.
mkdir "$tmp/bad" && cp "$mibs"/SNMPv2-SMI.txt "$tmp/bad" &&
    sed 's/FROM SNMPv2-SMI/FROM NOWHERE-MIB/' "$mibs/SNMPv2-MIB.txt" >"$tmp/bad/SNMPv2-MIB.txt"
mibs=$tmp/bad translate -m ALL 1.3 >/dev/null 2>"$tmp/err"
test -s "$tmp/err" && echo "ok 3 - a broken module is not passed in silence" ||
    echo "not ok 3 - a broken module is not passed in silence"

i=3
while read -r m; do
    i=`expr $i + 1`
    if translate -m "$m" 1.3 >/dev/null 2>"$tmp/err" && test ! -s "$tmp/err"; then
        echo "ok $i - $m alone"
    else
        echo "not ok $i - $m alone"; sed 's/^/# /' "$tmp/err"
    fi
done <"$tmp/list"
