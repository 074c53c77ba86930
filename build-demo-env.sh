#!/usr/bin/env bash
# Brings the demonstration environment up. With --local: on this machine, with no account.
# Usage: build-demo-env.sh --local [options of 'tidepool demo']
set -euo pipefail

home=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)

usage() {
  echo "Usage: ./build-demo-env.sh --local [options]"
  echo
  echo "Runs the demonstration on this machine, with no account: 'tidepool demo' with the options given."
  echo "'./tidepool demo --help' lists them. The way to AWS is not built yet."
}

case ${1:-} in
  --local) shift ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac

"$home/prerequisites.sh" demo
[ -e "$home/artifacts/built" ] || echo "building (about a minute; only the first time)..." >&2
exec "$home/tidepool" demo "$@"
