#!/bin/sh
# The suite on SQLite, and again on PostgreSQL and Redis. Each skip says why, in one line.
set -u
python=.venv/bin/python
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
export SECONDLOOK_DATA_DIR="$data"
failed=0

if ! command -v chromium >/dev/null 2>&1 && ! command -v google-chrome >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    (apt-get update -qq && apt-get install -y -qq chromium) >/dev/null 2>&1 ||
      echo "Chromium could not be installed; browser tests are skipped."
  else
    echo "There is no Chromium and no right to install one; browser tests are skipped."
  fi
fi

echo "== SQLite alone"
DATABASE_URL= REDIS_URL= $python -m pytest -n 2 "$@" || failed=1

echo "== PostgreSQL and Redis"
$python -W ignore -m tests.services $python -m pytest -n 2 "$@" || failed=1
exit $failed
