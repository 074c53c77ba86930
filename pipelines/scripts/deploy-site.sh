#!/usr/bin/env bash
# Deploys a site from an archive on the shared volume, after checking it against its SHA-256 manifest.
# Says as the output variable `artifact` whether the archive was found, before it succeeds or fails.
# Usage: deploy-site.sh ARCHIVE TARGET
set -euo pipefail

archive=$1
target=$2
folder=$(dirname "$archive")
name=$(basename "$archive")

shopt -s nullglob dotglob
entries=("$folder"/*)
listing="${entries[*]##*/}"
echo "$folder on task $FARGATE_TASK, container $FARGATE_CONTAINER, holds: ${listing:-nothing}"
echo "##vso[task.setvariable variable=listing;isOutput=true]$listing"
echo "##vso[task.setvariable variable=inode;isOutput=true]$(stat -c %i "$folder")"

if [ ! -e "$archive.sha256" ]; then
  echo "##vso[task.setvariable variable=artifact;isOutput=true]not-found"
  echo "##vso[task.logissue type=error]$archive is not here. A bind mount on Fargate belongs to one task: another task, or the task that replaces it, starts with an empty volume. Run Deploy on an agent of the task that built, or keep the artifact in EFS, S3 or a pipeline artifact."
  exit 1
fi

(cd "$folder" && sha256sum -c "$name.sha256")
sha256=$(cut -d ' ' -f 1 "$archive.sha256")
mkdir -p "$target"
tar -C "$target" -xzf "$archive"
echo "##vso[task.setvariable variable=artifact;isOutput=true]found"
echo "##vso[task.setvariable variable=sha256;isOutput=true]$sha256"
echo "deployed $(find "$target" -type f | wc -l) files to $target"
