#!/bin/sh
# Downloads Microsoft's agent, checks its SHA-256 and unpacks it, without the Node.js runtimes that AGENT_NODES does not name.
# Usage: agent.sh FOLDER, with AGENT_VERSION, AGENT_SHA256, AGENT_DOWNLOAD_URL, AGENT_NODES and TARGETARCH set
set -eu

folder=$1
sums=$(dirname "$0")/agent.sha256

case $TARGETARCH in
  amd64) platform=linux-x64 ;;
  arm64) platform=linux-arm64 ;;
  *)
    echo "The platform linux/$TARGETARCH has no agent here. Build for linux/arm64 or linux/amd64." >&2
    exit 2
    ;;
esac
[ ! -e /etc/alpine-release ] || platform=linux-musl-${platform#linux-}

package=vsts-agent-$platform-$AGENT_VERSION.tar.gz
sum=${AGENT_SHA256:-$(awk -v package="$package" '$2 == package { print $1 }' "$sums")}
if [ -z "$sum" ]; then
  echo "docker/agent.sha256 has no sum of $package. Copy the sums of that version into it from" \
    "https://github.com/microsoft/azure-pipelines-agent/releases/tag/v$AGENT_VERSION, or pass --build-arg AGENT_SHA256=SUM." >&2
  exit 2
fi

archive=$(mktemp)
curl --fail --silent --show-error --location --netrc-optional --retry 3 --output "$archive" "${AGENT_DOWNLOAD_URL%/}/$AGENT_VERSION/$package"
if ! echo "$sum  $archive" | sha256sum -c - > /dev/null 2>&1; then
  echo "$package has the SHA-256 $(sha256sum "$archive" | cut -d' ' -f1), not $sum. Do not use that download." >&2
  exit 1
fi

mkdir -p "$folder"
tar -xzf "$archive" -C "$folder" --no-same-owner
rm "$archive"

kept=0
for node in "$folder"/externals/node*; do
  case " $AGENT_NODES " in
    *" ${node##*/} "*) kept=$((kept + 1)) ;;
    *) rm -rf "$node" ;;
  esac
done
if [ "$kept" -eq 0 ]; then
  echo "$package has none of the Node.js runtimes '$AGENT_NODES'. Set --build-arg AGENT_NODES to those in its externals folder." >&2
  exit 2
fi
