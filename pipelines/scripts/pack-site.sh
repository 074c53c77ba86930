#!/usr/bin/env bash
# Packs a site into an archive on the shared volume, with its SHA-256 manifest beside it.
# Both are written aside and renamed, the manifest last: who sees the manifest sees a whole archive.
# Usage: pack-site.sh SITE ARCHIVE     AGENTS: how many agents a task has (containers agent-1 to agent-N)
set -euo pipefail

site=$1
archive=$2
folder=$(dirname "$archive")
name=$(basename "$archive")

aside=$(mktemp -d "$folder/.packing-XXXXXX")
trap 'rm -rf "$aside"' EXIT
mkdir "$aside/site"
cp -R "$site/." "$aside/site"
echo "run $BUILD_BUILDNUMBER" > "$aside/site/build.txt"
tar -C "$aside/site" -czf "$aside/$name" .
(cd "$aside" && sha256sum "$name" > "$name.sha256")
sha256=$(cut -d ' ' -f 1 "$aside/$name.sha256")
mv "$aside/$name" "$archive"
mv "$aside/$name.sha256" "$archive.sha256"

number=${FARGATE_CONTAINER##*-}
peer=agent-$((number % AGENTS + 1))
echo "packed $site into $archive"
echo "sha256 $sha256"
echo "task $FARGATE_TASK, container $FARGATE_CONTAINER, its peer is $peer"
echo "##vso[task.setvariable variable=task;isOutput=true]$FARGATE_TASK"
echo "##vso[task.setvariable variable=container;isOutput=true]$FARGATE_CONTAINER"
echo "##vso[task.setvariable variable=peer;isOutput=true]$peer"
echo "##vso[task.setvariable variable=artifact;isOutput=true]$archive"
echo "##vso[task.setvariable variable=sha256;isOutput=true]$sha256"
