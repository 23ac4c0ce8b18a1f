#!/bin/bash
# The default ports: an agent, the collector and both kinds of mail server where nobody named a port. They are below
# 1024, so it all runs in a network of its own, where they are free and an ordinary user may have them.
# shellcheck disable=SC2154
if [ -z "${PORTS_ALONE-}" ]; then
    if ! unshare --user --map-root-user --net true 2>/dev/null; then
        echo '1..0 # SKIP this system lets an ordinary user have no network of its own (user namespaces)'
        exit 0
    fi
    PORTS_ALONE=1 exec unshare --user --map-root-user --net bash "$0"
fi
. "$top_srcdir/tests/e2e/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
umask 077
ip link set lo up || exit 1
mkdir -p "$scratch"/{config,state,cache,snmp,587,465}
export SNMP_PERSISTENT_DIR=$scratch/snmp SNMPCONFPATH=$scratch/snmp MIBS='' TRAPLINE_MIBS=$top_srcdir/mibs
export TRAPLINE_CONFIG=$scratch/config TRAPLINE_STATE=$scratch/state TRAPLINE_CACHE=$scratch/cache
trapline() { timeout 60 "$top_builddir/trapline" "$@"; }
started=
begin() { # LOG COMMAND...
    local log=$1
    shift
    "$@" > "$scratch/$log" 2>&1 &
    started="$started $!"
}
relay() { # NAME PORT SECURITY: the settings of one relay, without its port
    printf 'mail "%s" { server = "localhost" security = "%s" ca-file = "%s" from = "noc@example.net" }\n' \
        "$1" "$3" "$scratch/$2/certificates/ca.pem"
}
settings() { # RELAY...
    cat > "$scratch/config/trapline.conf" <<CONF
profile "public" { version = "2c" community = "public" }
device "agent" { address = "127.0.0.1" profile = "public" }
sender "anybody" { source = { "127.0.0.0/8" } profile = "public" }
$("$@")
CONF
}
sent() { # SUBJECT PORT: a mail is taken by the server on that port
    echo text | trapline send --to ana@example.net --subject "$1" --wait 60 &&
        grep -rqF "Subject: $1" "$scratch/$2/Maildir/new"
}

echo 'rocommunity public 127.0.0.1' > "$scratch/snmp/snmpd.conf"
echo 'sysName on-161' >> "$scratch/snmp/snmpd.conf"
begin snmpd.log snmpd -f -C -c "$scratch/snmp/snmpd.conf" -Lo -I -smux udp:127.0.0.1:161
begin 587.log /usr/bin/python3 "$top_srcdir/tests/mail/sink.py" --port 587 --maildir "$scratch/587/Maildir" --starttls
begin 465.log /usr/bin/python3 "$top_srcdir/tests/mail/sink.py" --port 465 --maildir "$scratch/465/Maildir" --implicit
check 'the agent is there' until_true 10 snmpget -v2c -c public -t 0.2 -r 0 127.0.0.1:161 1.3.6.1.2.1.1.5.0
for port in 587 465; do
    check "a mail server at $port is there" until_true 20 grep -q "ready $port" "$scratch/$port.log"
done
settings relay a 587 starttls
begin collector.log "$top_builddir/traplined"
check 'an address without a port is asked at 161' bash -c '"$0" get agent sysName.0 | grep -q on-161' "$top_builddir/trapline"
trap_comes() { snmpinform -v2c -c public -t 1 -r 20 127.0.0.1 '' 1.3.6.1.6.3.1.1.5.1 && trapline traps | grep -q coldStart; }
check 'without a word about listening, informs come in at 162' trap_comes
trap_comes6() { snmpinform -v2c -c public -t 1 -r 20 'udp6:[::1]' '' 1.3.6.1.6.3.1.1.5.3 && trapline traps | grep -q linkDown; }
check 'by IPv6, too' trap_comes6
check 'a relay with STARTTLS is at 587' sent 'to 587' 587
settings relay b 465 tls
kill -HUP "$(head -n 1 "$scratch/state/collector.lock")"
check 'a relay with TLS is at 465' sent 'to 465' 465
plan
