#!/bin/sh
# The unit tests and trapline-mail's dialogue under valgrind's memcheck: an error or a lost block is a failure.
# Left out: io-sandbox (valgrind makes system calls of its own), text-filter (counts in 80 bits, which valgrind has not).
#
# valgrind.sh [PROGRAM...]      run by `make check-valgrind`, which names the unit tests
# shellcheck disable=SC2086,SC2154,SC2317
set -u
command -v valgrind >/dev/null || { echo "check-valgrind: valgrind is not installed" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
memcheck="valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite"
run() { # WHAT COMMAND...
    what=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        echo "ok - $what"
    else
        echo "not ok - $what (exit status $?)"
        sed 's/^/# /' "$work/out" | tail -n 60
        bad=1
    fi
}
for program; do
    case $program in
    */io-sandbox | */text-filter) ;;
    *) run "$program" $memcheck "./$program" ;;
    esac
done
# Its words go to files: "==" before a line is an error, "--" a warning of valgrind about itself.
printf '#!/bin/sh\nexec %s --log-file="%s/log.%%p" "%s/trapline-mail"\n' "$memcheck" "$work" "$top_builddir" >"$work/trapline-mail"
chmod +x "$work/trapline-mail"
export TRAPLINE_MAIL="$work/trapline-mail"
dialogue='^body|^AUTH [A-Z0-9-]*(, wrong.*)?$|LMTP|^SIZE|^DSN|recipients|three messages|^(drop|codes|garbage) at|certificate|pinned|letters'
run "trapline-mail: the dialogue" /usr/bin/python3 -B "$top_srcdir/tests/mail/matrix.py" "$dialogue"
run "trapline-mail: a program" /usr/bin/python3 -B "$top_srcdir/tests/mail/local.py"
grep -h '^==' "$work"/log.* >"$work/errors"
none() {
    cat "$work/errors"
    test ! -s "$work/errors"
}
run "trapline-mail: no error, nothing lost, in $(find "$work" -name 'log.*' | wc -l) processes" none
exit $bad
