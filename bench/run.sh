#!/usr/bin/env bash
# Measures what the README quotes and prints it as a table; ends with 1 when a limit is missed.
# Usage: run.sh            everything
#        run.sh NAME...    only these: demo, agent, lines, jobs, endpoint, tasks, many, pool, runs, compare, expand, fuzz, requests, engine
#        run.sh --seconds 600 fuzz requests   these two for as long as that (TIDEPOOL_FUZZ_SECONDS, or 10)
set -euo pipefail
home=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
"$home/tidepool" --version > /dev/null
exec dotnet run --project "$home/bench/Tidepool.Bench" -c Release -- "$home" "$@"
