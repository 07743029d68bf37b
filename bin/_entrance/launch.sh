# Finds a Python for the entrance named first and becomes it: one process to signal, no shell that waits.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1

case $(uname -s) in
    MINGW* | MSYS* | CYGWIN*)
        echo "bin/$1 does not run on Windows itself: run it inside WSL (wsl --install), where it needs nothing else." >&2
        exit 1
        ;;
esac

runs() {
    "$1" -c "import sys; sys.exit(not ($2))" >/dev/null 2>&1
}

for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
    if runs "$candidate" "(3, 11) <= sys.version_info < (3, 14)"; then
        exec "$candidate" "$here" "$@"
    fi
done
for candidate in ${PYTHON:+"$PYTHON"} python3; do
    if runs "$candidate" "(3, 14) <= sys.version_info"; then
        exec "$candidate" "$here" "$@"
    fi
done

found=$(python3 -c 'import sys; print("Python %d.%d" % sys.version_info[:2])' 2>/dev/null) || found="no Python 3"
echo "bin/$1 needs Python 3.11, 3.12 or 3.13 and found $found: install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13) and run it again." >&2
exit 1
