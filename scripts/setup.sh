#!/bin/sh
# Make the virtual environment ready: scripts/setup.sh [VENV]   (default .venv; PYTHON=3.12 or a path picks the interpreter)
#
# - Ready already: milliseconds. The stamp holds checksums of the lock, pyproject.toml and this file, and both paths,
#   so a changed lock or a moved checkout installs again and a `git checkout` that changes nothing does not.
# - uv comes from PATH, else from build/uv, made here: the system's Python is never installed into.
# - Killed or failed on the way: no stamp. Next time an environment made here is made anew, one that was there before is
#   reinstalled in place, never deleted. A second set-up of the same checkout waits for the first.
#
# Byte-compiling everything at install time was measured and left out: 31 s on two cores, against about a second more in
# the first import of what is really used. The Makefile lets Python keep its bytecode instead.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
venv=${1:-.venv}
python=$venv/bin/python
stamp=$venv/.course-ready
unfinished=build/setup.unfinished # one line: process, new or old, environment
log=build/setup.log

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
key() { cksum requirements.lock pyproject.toml scripts/setup.sh; printf '%s\n' "$root" "$venv"; }
ready() { [ -x "$python" ] && [ -f "$stamp" ] && [ "$(key)" = "$(cat "$stamp")" ]; }
works() { "$1" --version >/dev/null 2>&1; }
setup_runs() {
    kill -0 "$1" 2>/dev/null || return 1
    ! command -v ps >/dev/null 2>&1 || ps -p "$1" -o args= | grep -q setup.sh
}
suits() { "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }

ready && exit 0
mkdir -p build

# --- an earlier or another set-up
before=
while [ -f "$unfinished" ]; do
    if ! read -r process before place <"$unfinished"; then
        sleep 1 # perhaps it is just being written
        read -r process before place <"$unfinished" || { stale=yes && break; }
    fi
    setup_runs "$process" || { stale=yes && break; }
    [ -n "${waiting:-}" ] || say "waiting for another set-up (process $process)"
    waiting=yes
    before=
    sleep 1
done
ready && exit 0
reinstall=
if [ -n "$before" ]; then
    say "an earlier installation did not finish; doing it again"
    if [ "$before" = new ]; then rm -rf "$place"; elif [ "$place" = "$venv" ]; then reinstall=--reinstall; fi
fi

# --- may this place be used?
state=new
if [ -x "$python" ]; then
    state=old
    suits || fail "$venv holds $("$python" --version 2>&1); Python 3.11, 3.12 or 3.13 is needed (delete it, or name another with VENV=)"
elif [ -d "$venv" ] && [ -n "$(ls -A "$venv")" ]; then
    fail "$venv is a folder but no virtual environment; delete it, or name another with VENV="
fi
[ -z "${stale:-}" ] || rm -f "$unfinished" # only a dead one's: another set-up may have started since
(set -C && echo "$$ $state $venv" >"$unfinished") 2>/dev/null || fail "another set-up has just started; run the same command again"

# --- uv
: >"$log"
uv=uv
if ! works uv; then
    uv=build/uv/bin/uv
    if ! works "$uv"; then
        rm -rf build/uv
        command -v python3 >/dev/null 2>&1 || fail "python3 was not found; install Python 3.11, 3.12 or 3.13"
        python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null ||
            fail "Python 3.11, 3.12 or 3.13 is needed; python3 is $(python3 --version 2>&1), too old even to fetch one"
        say "fetching uv into build/uv"
        if python3 -m venv build/uv >>"$log" 2>&1; then
            build/uv/bin/python -m pip install --quiet uv >>"$log" 2>&1 || rm -rf build/uv
        else # a Python without ensurepip, as Debian ships it
            rm -rf build/uv
            python3 -m pip install --quiet --target build/uv uv >>"$log" 2>&1 || rm -rf build/uv
        fi
        works "$uv" || fail "uv could not be installed: no network, or a Python without venv and pip (log: $log)"
    fi
fi

# --- the environment
new_venv() { "$uv" venv -q "$@" "$venv" 2>>"$log"; }
find_python() {
    if [ -n "${PYTHON:-}" ]; then new_venv --python "$PYTHON"; return; fi
    new_venv --no-python-downloads --python 3.11 ||
        new_venv --no-python-downloads --python '>=3.11,<3.14' ||
        new_venv --python 3.11
}
if [ "$state" = new ]; then
    { find_python && suits; } ||
        fail "Python 3.11, 3.12 or 3.13 is needed: none found${PYTHON:+ as $PYTHON}, none downloaded; name one with PYTHON= (log: $log)"
fi

# --- the packages
say "installing the locked packages into $venv (about 5 GB on Linux; minutes the first time, seconds from uv's cache)"
rm -f "$stamp"
if ! "$uv" pip sync -q --require-hashes $reinstall --python "$python" requirements.lock ||
    ! "$uv" pip install -q --no-deps --no-build-isolation --python "$python" -e .; then
    fail "the locked packages could not be installed (the lines above say why: no network? no space?); run the same command again"
fi

# JupyterLab must not ask about news or look for updates
mkdir -p "$venv/share/jupyter/lab/settings"
printf '%s\n' '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}' \
    >"$venv/share/jupyter/lab/settings/overrides.json"

key >"$stamp"
rm -f "$unfinished"
