# Read by the other scripts: makes .venv where there is none, and installs netspec in it.
#
# prepare EXTRA [OTHER...] installs the extra EXTRA, once: again only after pyproject.toml has
# changed. It is content with an extra among OTHER, which must hold EXTRA.

fail() {
  echo "$1" >&2
  exit 2
}

make_venv() {
  python=${PYTHON:-python3}
  command -v "$python" >/dev/null 2>&1 ||
    fail "$python is not found: install Python 3.11 or newer, or set PYTHON to where it is"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "netspec needs Python 3.11 or newer, but $python is older: set PYTHON to a newer one"
  "$python" -m venv .venv ||
    fail "$python cannot make .venv (see above); Debian and Ubuntu have that in the package python3-venv"
}

is_installed() {
  for extra in "$@"; do
    stamp=.venv/installed-$extra
    if [ -e "$stamp" ] && [ -z "$(find pyproject.toml -newer "$stamp")" ]; then
      return 0
    fi
  done
  return 1
}

prepare() {
  [ -x .venv/bin/python ] || make_venv
  if ! is_installed "$@"; then
    echo "Installing netspec and what it needs into .venv: once, and some minutes, PyTorch being large." >&2
    .venv/bin/python -m pip install --disable-pip-version-check --quiet --editable ".[$1]"
    touch ".venv/installed-$1"
  fi
}
