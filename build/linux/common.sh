# What the scripts of build/linux share. It is sourced, never run.
# shellcheck shell=bash
# shellcheck source=build/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/../environment.sh"

here=$root/build/linux
dist=${DIST:-$root/dist}
# shellcheck disable=SC2034 # this and the next are for those who source this file
frozen=$dist/classmark
version=$(project_version)
# Whoever releases says who answers for the package; nobody's address is made up here.
# shellcheck disable=SC2034
maintainer=${MAINTAINER:-The Classmark maintainers <maintainers@classmark.invalid>}
reproducible

# How hard xz packs, 0 to 9: PACKING=0 takes a tenth of the time, for trying. One thread, for with more it cuts the data
# into blocks and the bytes depend on the machine.
# shellcheck disable=SC2034
packing=${PACKING:-6}

# need_frozen: stop when there is nothing to pack.
need_frozen() {
    [[ -x $frozen/classmark && -x $frozen/classmark-desktop && -d $frozen/_internal ]] ||
        die "$frozen does not hold the frozen programs. Run build/freeze/freeze first."
}

# release_python WORD…: run Python with all that Classmark needs. RELEASE_PYTHON names one that has it already.
release_python() {
    local python=${RELEASE_PYTHON:-}
    if [[ -z $python ]]; then
        make_environment "$root/.venv-release" "$root/build/requirements-release.lock"
        python=$(commands_of "$root/.venv-release")/python
    fi
    "$python" "$@"
}

# put_share FOLDER: write what a desktop looks into: entry, metadata, icons, MIME type, manual pages, licences.
put_share() {
    release_python "$here/share.py" "$1" "$version"
    mkdir -p "$1/doc/classmark"
    put_copyright "$1/doc/classmark/copyright"
}

# put_copyright FILE: write our licence and those of everything that the frozen folder holds.
put_copyright() {
    [[ -e $frozen/THIRD-PARTY-NOTICES.txt ]] || die "$frozen says of nothing who made it. Run build/trust/papers first."
    cat "$here/copyright" "$frozen/THIRD-PARTY-NOTICES.txt" >"$1"
}

# same_everywhere FOLDER: give all in a folder the same modes and times, whoever packs it and when.
same_everywhere() {
    find "$1" -type d -exec chmod 755 {} +
    find "$1" -type f -perm /111 -exec chmod 755 {} +
    find "$1" -type f ! -perm /111 -exec chmod 644 {} +
    find "$1" -name '*.so*' -type f -exec chmod 644 {} +
    find "$1" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +
}

# try_out NAME COMMAND…: start what was packed, once; it classifies a text with each built-in model.
try_out() {
    local name=$1
    shift
    QT_QPA_PLATFORM=offscreen "$@" --selftest >/dev/null || die "$name was packed but does not work: $* --selftest failed."
}

size_of() { numfmt --to=si --suffix=B "$(stat -c %s "$1")"; }
