# What the makers of Windows packages share. It is sourced, never run.
# shellcheck shell=bash disable=SC2034  # what is set here is used there
# shellcheck source=build/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/../environment.sh"

windows=$root/build/windows
dist=${DIST:-$root/dist}
version=${VERSION:-$(project_version)}
reproducible

# The folder that was frozen on Windows: it is packed on any system.
payload=${1:-$dist/classmark}
for program in classmark classmark-desktop; do
    if [[ ! -e $payload/$program.exe ]]; then
        die "$payload has no $program.exe; freeze it on Windows first (build/freeze/freeze), or name its folder."
    fi
done
payload=$(cd "$payload" && pwd)
mkdir -p "$dist"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

python=$(find_python)

# draw_icon: set $pictures to a folder with classmark.ico and side.bmp; PICTURES may name one that is there.
draw_icon() {
    pictures=${PICTURES:-$scratch}
    if [[ -e $pictures/classmark.ico ]]; then return; fi
    make_environment "$root/.venv" "$root/build/requirements.lock"
    "$(commands_of "$root/.venv")/python" "$root/build/icon.py" "$pictures"/{classmark.ico,side.bmp}
}

# made FILE: say what was made, and its size.
made() { say "$1: $(awk -v bytes="$(wc -c <"$1")" 'BEGIN { printf "%.1f MB", bytes / 1048576 }')"; }
