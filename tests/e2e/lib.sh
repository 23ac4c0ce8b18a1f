# For the end-to-end tests: TAP, waiting with a deadline, and the program in a tmux of its own.
# shellcheck shell=bash
tests=0 failed=0
check() { # NAME COMMAND...: one TAP line
    local name=$1
    shift
    tests=$((tests + 1))
    if "$@" > "$scratch/out" 2>&1; then
        echo "ok $tests - $name"
    else
        failed=$((failed + 1))
        echo "not ok $tests - $name"
        sed 's/^/# /' "$scratch/out" | tail -40
    fi
}
plan() {
    echo "1..$tests"
    exit $((failed > 0))
}
until_true() { # SECONDS COMMAND...: polled, never a fixed sleep
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/trapline-e2e.XXXXXX")

# The terminal. `start COLSxROWS COMMAND...` runs it; `screen` prints what is on it.
tmux_socket=$scratch/tmux
t() { tmux -S "$tmux_socket" "$@"; }
start() {
    local size=$1
    shift
    rm -f "$scratch/status"
    printf 'set -g default-shell /bin/sh\nset -g status off\nset -sg escape-time 0\nset -g default-terminal tmux-256color\nset -g remain-on-exit on\n' > "$scratch/tmux.conf"
    t -f "$scratch/tmux.conf" new-session -d -s e2e -x "${size%x*}" -y "${size#*x}" "$(printf '%q ' "$@") 2>$scratch/stderr; echo \$? > $scratch/status"
}
ended() { [ -s "$scratch/status" ] && [ "$(cat "$scratch/status")" = "${1:-0}" ]; } # with that exit status
screen() { t capture-pane -p -t e2e; }
keys() { t send-keys -t e2e "$@"; }
typed() { t send-keys -t e2e -l -- "$1"; }
shows() { screen | grep -qF -- "$1"; }
expect() { # TEXT [SECONDS]
    until_true "${2:-10}" shows "$1" && return 0
    echo "never saw: $1"
    screen
    return 1
}
never() { ! shows "$1" || { screen; return 1; }; }
tidy() { # what a test started itself is in its `started`
    for p in ${started-}; do kill "$p" 2>/dev/null; done
    t kill-server 2>/dev/null
    rm -rf "$scratch"
}
trap tidy EXIT
