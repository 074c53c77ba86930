#!/usr/bin/env bash
# Brings the demonstration environment up: on AWS, or with --local on this machine, with no account.
# Usage: build-demo-env.sh [options of 'tidepool up']
#        build-demo-env.sh --local [options of 'tidepool demo']
set -euo pipefail

home=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)

usage() {
  echo "Usage: ./build-demo-env.sh [options]          on AWS: 'tidepool up' with the options given"
  echo "       ./build-demo-env.sh --local [options]  on this machine, with no account: 'tidepool demo' with the options given"
  echo
  echo "For AWS copy .env.example to .env and terraform/terraform.tfvars.example to terraform/terraform.tfvars first; docs/deploy.md"
  echo "tells the rest. './build-demo-env.sh --plan' shows what would be made and what it costs, and changes nothing."
  echo "'./tidepool up --help' and './tidepool demo --help' list the options. ./destroy-demo-env.sh takes all away."
}

need=deploy command=up
case ${1:-} in
  --local)
    shift
    need=demo command=demo
    ;;
  -h | --help)
    usage
    exit 0
    ;;
esac

"$home/prerequisites.sh" "$need"
[ -e "$home/artifacts/built" ] || echo "building (about a minute; only the first time)..." >&2
exec "$home/tidepool" "$command" "$@"
