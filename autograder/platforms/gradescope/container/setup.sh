#!/usr/bin/env bash
# Gradescope runs this once, when it builds the container: the packages that grading needs, in their own environment.
set -euo pipefail
source="${AUTOGRADER_ROOT:-/autograder}/source"
python="${PYTHON:-python3}"
if ! "$python" -c 'import sys, ensurepip; assert sys.version_info >= (3, 10)' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q
    apt-get install -y -q --no-install-recommends python3 python3-venv
  fi
  "$python" -c 'import sys, ensurepip; assert sys.version_info >= (3, 10)' || {
    echo "Grading needs Python 3.10 or newer with its venv package: choose an image with Ubuntu 22.04 or newer." >&2
    exit 1
  }
fi
"$python" -m venv "$source/.venv"
"$source/.venv/bin/python" -m pip --disable-pip-version-check install --quiet --require-hashes -r "$source/requirements.lock"
# Students' code runs as an unprivileged user, who has to be able to read Python and its packages, and no more.
chmod -R go+rX "$source/.venv"
chmod go+x "$source" "$(dirname "$source")"
# What is right is worked out now, and not for each submission.
(cd "$source" && .venv/bin/python -m autograder.grading.kept)
