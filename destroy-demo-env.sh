#!/usr/bin/env bash
# Takes away what build-demo-env.sh made on AWS.
# Usage: destroy-demo-env.sh [options of 'tidepool down']
set -euo pipefail

home=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)

case ${1:-} in
  -h | --help)
    echo "Usage: ./destroy-demo-env.sh [options]"
    echo
    echo "Waits for the agents' jobs, removes the agents from the pool, empties the image repository and destroys all that"
    echo "./build-demo-env.sh made on AWS; asks first. './tidepool down --help' lists the options: --yes, --force, --drain MINUTES."
    exit 0
    ;;
esac

"$home/prerequisites.sh" deploy
exec "$home/tidepool" down "$@"
