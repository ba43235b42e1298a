# What build/run, build/test and build/lock share. It is sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What Qt's window needs of a Debian system beside the wheels.
qt_packages=(
    libdbus-1-3 libegl1 libfontconfig1 libgl1 libglib2.0-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1
    libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 libxkbcommon-x11-0
)

# Print the version that pyproject.toml states.
project_version() { sed -n 's/^version = "\(.*\)"/\1/p' "$root/pyproject.toml"; }

# Words about the work go to the error stream: the other one carries results.
say() { printf '%s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# Print the first command that is a Python new enough; `py` is the launcher of Windows.
find_python() {
    local python
    for python in python3 python3.13 python3.12 python3.11 python py; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$python"
            return
        fi
    done
    die "Classmark needs Python 3.11 or newer; this computer has $(python3 --version 2>/dev/null || echo none)." \
        "Install it from python.org or with your system's package manager, then try again."
}

# Print the folder of an environment's commands.
commands_of() { if [[ -d $1/Scripts ]]; then echo "$1/Scripts"; else echo "$1/bin"; fi; }

# make_environment FOLDER LOCK: install the locked packages and this source tree, unless they are there.
# What was installed lies in the folder and is compared, which needs no hash tool and takes no time. An environment
# of another lock is made anew, so that nothing is left over; one that was interrupted has nothing to compare with.
make_environment() {
    local folder=$1 lock=$2 python
    # Environments break when they are moved: the place belongs to the comparison.
    described() { echo "# $root" && cat "$lock"; }
    if described | cmp -s - "$folder/lock" && cmp -s "$root/pyproject.toml" "$folder/pyproject.toml"; then return; fi
    python=$(find_python)
    "$python" -m pip --version >/dev/null 2>&1 ||
        die "This Python has no pip. On Debian and Ubuntu: apt-get install python3-pip"
    if ! described | cmp -s - "$folder/lock"; then
        say "Setting up ${folder#"$root"/}, once; this takes a minute or two …"
        # It gets no pip of its own: so it is made in no time, and without Debian's python3-venv.
        "$python" -m venv --clear --without-pip "$folder"
        install_into "$folder" --no-deps --require-hashes --only-binary=:all: -r "$lock" ||
            die "The packages could not be installed. Is this computer online, and its Python one of 3.11 to 3.13?"
        described >"$folder/lock"
    fi
    install_into "$folder" --no-deps --no-build-isolation --editable "$root"
    cp "$root/pyproject.toml" "$folder/pyproject.toml"
}

install_into() {
    local folder=$1
    shift
    "$(find_python)" -m pip --python "$(commands_of "$folder")/python" --disable-pip-version-check -qq install "$@"
}

# Print those of the given Debian packages that are missing; nothing on other systems.
missing_packages() {
    command -v dpkg-query >/dev/null || return 0
    local package installed
    installed=$(dpkg-query -W -f '${Package}=${db:Status-Status}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do
        [[ $'\n'$installed$'\n' == *$'\n'"$package=installed"$'\n'* ]] || echo "$package"
    done
}

# install_packages PURPOSE PACKAGE…: install missing Debian packages, or say which they are where we may not.
install_packages() {
    local purpose=$1 missing become=()
    shift
    missing=$(missing_packages "$@")
    if [[ -z $missing ]]; then return; fi
    if [[ $(id -u) != 0 ]]; then become=(sudo); fi
    if [[ $(id -u) == 0 ]] || sudo -n true 2>/dev/null; then
        say "Installing for $purpose:" $missing
        "${become[@]+"${become[@]}"}" env DEBIAN_FRONTEND=noninteractive \
            sh -c 'apt-get -qq update && apt-get -qq install --no-install-recommends -- "$@"' - $missing \
            </dev/null >/dev/null || die "The Debian packages could not be installed."
    else
        say "Missing for $purpose; as administrator: apt-get install" $missing
    fi
}

# Let tools make the same bytes of the same commit: they take its time for now, and Python a fixed order of sets.
reproducible() {
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}
    export SOURCE_DATE_EPOCH PYTHONHASHSEED=1 LC_ALL=C.UTF-8 TZ=UTC
    umask 022
}
