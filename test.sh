#!/usr/bin/env bash
# Runs all tests: format and lint, the product's, the command line's, the way to AWS's. Ends with one line: N passed, N failed, N skipped.
# Usage: test.sh            everything
#        test.sh PROJECT..  only these test projects (names under tests/)
set -uo pipefail

home=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
cd "$home" || exit 2
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

passed=0 failed=0 skipped=0

# One check that is a single command.
check() {
  local name=$1
  shift
  if "$@"; then
    echo "passed   $name"
    passed=$((passed + 1))
  else
    echo "FAILED   $name"
    failed=$((failed + 1))
  fi
}

# A check whose tool this machine may lack.
check_with() {
  local tool=$1 name=$2
  if command -v "$tool" > /dev/null; then
    check "${@:2}"
  else
    echo "skipped  $name: $tool is not installed"
    skipped=$((skipped + 1))
  fi
}

end() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
  exit
}

suite() {
  local project=$1 minutes=$2 report=$home/artifacts/tests/$1.xml counts
  rm -f "$report"
  timeout --kill-after=20 $((minutes * 60)) \
    "tests/$project/bin/Release/net10.0/$project" -xml "$report" -noLogo -noColor > "artifacts/tests/$project.log" 2>&1
  local status=$?
  grep -E '\[(FAIL|SKIP)\]' "artifacts/tests/$project.log"
  if ! counts=$(grep -m1 -o '<assembly [^>]*>' "$report" 2> /dev/null); then
    tail -40 "artifacts/tests/$project.log"
    echo "FAILED   $project ended with $status and wrote no report (its budget is $minutes minutes)"
    failed=$((failed + 1))
    return
  fi
  attribute() { sed -nE "s/.* $1=\"([0-9.]+)\".*/\1/p" <<< "$counts"; }
  local suite_failed=$(($(attribute failed) + $(attribute errors)))
  if [ "$suite_failed" -eq 0 ] && [ "$status" -ne 0 ]; then
    echo "FAILED   $project reported no failure and ended with $status"
    suite_failed=1
  fi
  [ "$suite_failed" -eq 0 ] || sed -n '/\[FAIL\]/,$p' "artifacts/tests/$project.log" | head -200
  echo "suite    $project: $(attribute passed) passed, $suite_failed failed, $(attribute skipped) skipped in $(attribute time) s"
  passed=$((passed + $(attribute passed)))
  failed=$((failed + suite_failed))
  skipped=$((skipped + $(attribute skipped)))
}

./prerequisites.sh test || exit 2
mkdir -p artifacts/tests

if ! dotnet build Tidepool.slnx -c Release -nodeReuse:false -p:UseSharedCompilation=false > artifacts/tests/build.log 2>&1; then
  grep -E 'error' artifacts/tests/build.log | sort -u | head -40
  echo "FAILED   build (all of it is in artifacts/tests/build.log)"
  failed=1
  end
fi
check "the command line and the agent are published" ./tidepool --version
export TIDEPOOL_PREBUILT=1 TIDEPOOL_AGENT_BINARY=$home/artifacts/agent/tidepool-agent

if [ $# -eq 0 ]; then
  check "C# is formatted" dotnet format Tidepool.slnx --verify-no-changes --no-restore
  check "shell scripts pass shellcheck" bash -c 'git ls-files -z "*.sh" tidepool .ci/run | xargs -0 shellcheck'
  check_with terraform "Terraform is formatted" terraform fmt -check -recursive
fi

for project in "${@:-Tidepool.Tests}"; do
  suite "$project" 12
done
if [ $# -eq 0 ]; then
  suite Tidepool.Cli.Tests 10
  suite Tidepool.Deployment.Tests 10
fi
end
