#!/usr/bin/env bash
# Sees to what the demonstration, the tests or a deployment to AWS need: installs it where it may, else says what to install.
# Usage: prerequisites.sh demo|test|deploy
set -euo pipefail

# command:Debian package
needed=(git:git bwrap:bubblewrap setpriv:util-linux)
case ${1:-} in
  demo) ;;
  # Neither bubblewrap nor the aws command line. A Docker engine 'tidepool up' looks for itself: not every deployment builds an image.
  deploy)
    needed=(git:git)
    if ! command -v terraform > /dev/null; then
      echo "TERRAFORM001: there is no terraform on the PATH. Install it: https://developer.hashicorp.com/terraform/install" >&2
      exit 2
    fi
    ;;
  test)
    needed+=(curl:curl shellcheck:shellcheck newuidmap:uidmap node:nodejs npm:npm)
    # The tests start a container engine of their own and mount disks, which takes root. Without a browser those of pages are skipped.
    [ "$(id -u)" -ne 0 ] || needed+=(dockerd:docker.io podman:podman mkfs.ext4:e2fsprogs mkfs.xfs:xfsprogs chromium:chromium)
    ;;
  *)
    echo "Usage: prerequisites.sh demo|test|deploy" >&2
    exit 2
    ;;
esac

if ! command -v dotnet > /dev/null; then
  echo "CLI005: the .NET SDK is not on PATH. Install .NET SDK 10 (https://dotnet.microsoft.com/download/dotnet/10.0)." >&2
  exit 2
fi

packages=()
for pair in "${needed[@]}"; do
  command -v "${pair%%:*}" > /dev/null || packages+=("${pair##*:}")
done
# The built-in agent is compiled ahead of time, which needs a linker and zlib's headers.
command -v clang > /dev/null || command -v gcc > /dev/null || packages+=(clang)
[ -e /usr/include/zlib.h ] || packages+=(zlib1g-dev)
[ ${#packages[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
  echo "installing ${packages[*]}" >&2
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  if { apt-get update && apt-get install -y --no-install-recommends "${packages[@]}"; } > "$log" 2>&1; then
    exit 0
  fi
  tail -5 "$log" >&2
fi
echo "CLI008: missing on this machine: ${packages[*]} (names of Debian packages). Install them: sudo apt-get install ${packages[*]}" >&2
exit 2
