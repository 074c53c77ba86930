#!/bin/sh
# Makes the user of the agent, and the folders that it owns.
# Usage: user.sh NAME ID FOLDER..
set -eu

name=$1 id=$2
shift 2
if command -v useradd > /dev/null; then
  groupadd --gid "$id" "$name"
  useradd --uid "$id" --gid "$id" --create-home --shell /bin/bash "$name"
else
  addgroup -g "$id" "$name"
  adduser -D -u "$id" -G "$name" -s /bin/bash "$name"
fi
mkdir -p "$@"
chown "$id:$id" "$@"
