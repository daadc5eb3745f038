#!/bin/sh
# Make the virtual environment ready: scripts/setup.sh [VENV]   (default .venv; PYTHON=3.12 or a path picks the interpreter)
#
# - Ready already: milliseconds. The stamp holds checksums of the lock, pyproject.toml and this file, and both paths,
#   so a changed lock or a moved checkout installs again and a `git checkout` that changes nothing does not.
# - uv comes from PATH, else from build/uv, made here: the system's Python is never installed into.
# - Killed or failed on the way: no stamp, and the half-made environment is replaced next time.
#
# Byte-compiling everything at install time was measured and left out: 31 s on two cores, against 1 s more in the first
# import of what is used; the Makefile lets Python keep its bytecode instead.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
venv=${1:-.venv}
stamp=$venv/.course-ready
unfinished=$venv/.course-installing
log=build/setup.log
versions='>=3.11,<3.14'

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
key() { cksum requirements.lock pyproject.toml scripts/setup.sh; printf '%s\n' "$root" "$venv"; }

if [ -x "$venv/bin/python" ] && [ -f "$stamp" ] && [ "$(key)" = "$(cat "$stamp")" ]; then
    exit 0
fi

# --- uv
mkdir -p build
: >"$log"
if uv --version >/dev/null 2>&1; then
    uv=uv
else
    uv=build/uv/bin/uv
    if ! "$uv" --version >/dev/null 2>&1; then
        rm -rf build/uv
        command -v python3 >/dev/null 2>&1 || fail "python3 was not found; install Python 3.11, 3.12 or 3.13"
        python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null ||
            fail "Python 3.11, 3.12 or 3.13 is needed; $(python3 --version 2>&1) is too old even to fetch one (install one, or uv)"
        say "fetching uv into build/uv"
        if python3 -m venv build/uv >>"$log" 2>&1; then
            build/uv/bin/python -m pip install --quiet uv >>"$log" 2>&1 || rm -rf build/uv
        else # a Python without ensurepip, as Debian ships it
            rm -rf build/uv
            python3 -m pip install --quiet --target build/uv uv >>"$log" 2>&1 || rm -rf build/uv
        fi
        "$uv" --version >/dev/null 2>&1 || fail "uv could not be installed: no network, or a Python without venv and pip (log: $log)"
    fi
fi

# --- the environment
if [ -f "$unfinished" ]; then
    say "an earlier installation did not finish; starting over"
    rm -rf "$venv"
fi
if [ -d "$venv" ] && [ ! -f "$venv/pyvenv.cfg" ] && [ -n "$(ls -A "$venv")" ]; then
    fail "$venv is a folder but not a virtual environment; choose another with VENV="
fi
new_venv() {
    if [ -n "${PYTHON:-}" ]; then
        "$uv" venv -q --python "$PYTHON" "$venv" 2>>"$log"
        return
    fi
    "$uv" venv -q --no-python-downloads --python 3.11 "$venv" 2>>"$log" ||
        "$uv" venv -q --no-python-downloads --python "$versions" "$venv" 2>>"$log" ||
        "$uv" venv -q --python 3.11 "$venv" 2>>"$log"
}
[ -x "$venv/bin/python" ] || { rm -rf "$venv"; new_venv; } ||
    fail "Python 3.11, 3.12 or 3.13 is needed: none found (python3 is $(python3 --version 2>&1 | cut -d' ' -f2)), none downloaded; name one with PYTHON= (log: $log)"
"$venv/bin/python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' ||
    fail "$venv holds $("$venv/bin/python" --version 2>&1); the course needs Python 3.11, 3.12 or 3.13 (delete it, or use VENV=)"

# --- the packages
say "installing the locked packages into $venv (about 5 GB on Linux; minutes the first time, seconds from uv's cache)"
rm -f "$stamp"
: >"$unfinished"
if ! "$uv" pip sync -q --require-hashes --python "$venv/bin/python" requirements.lock ||
    ! "$uv" pip install -q --no-deps --no-build-isolation --python "$venv/bin/python" -e .; then
    fail "the locked packages could not be installed (the lines above say why: no network? no space?); run the same command again"
fi

# JupyterLab must not ask about news or look for updates
mkdir -p "$venv/share/jupyter/lab/settings"
printf '%s\n' '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}' \
    >"$venv/share/jupyter/lab/settings/overrides.json"

key >"$stamp.new"
mv "$stamp.new" "$stamp"
rm -f "$unfinished"
