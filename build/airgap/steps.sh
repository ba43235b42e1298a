# How the steps of the air-gap test are told. It is sourced, never run.
# shellcheck shell=bash

# step TEXT COMMAND…: run it, and tell how long it took; what it prints is what was found.
step() {
    local text=$1 begun=${EPOCHREALTIME/./} tenths found
    shift
    if found=$("$@"); then
        tenths=$(((${EPOCHREALTIME/./} - begun) / 100000))
        printf '✓ %4d.%d s  %s\n' $((tenths / 10)) $((tenths % 10)) "$text"
        if [[ -n $found ]]; then printf '            %s\n' "${found//$'\n'/$'\n'            }"; fi
    else
        printf '✗ %s\n%s\n' "$text" "$found"
        exit 1
    fi
}

# fail SENTENCE: end the step, which runs in a shell of its own.
fail() {
    printf '%s\n' "$*"
    exit 1
}
