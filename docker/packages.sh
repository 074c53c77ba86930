#!/bin/sh
# Installs what a stage of the Dockerfile needs, with apk or apt, from PACKAGE_MIRROR where one is set, and makes the stage trust the
# certificates of docker/certificates and of EXTRA_CA_CERTIFICATES.
# Usage: packages.sh tools|azure-cli|sysroot|compiler
set -eu

here=$(dirname "$0")
# shellcheck source=/dev/null
. /etc/os-release
case $1-$ID in
  tools-alpine) packages="bash ca-certificates coreutils curl findutils git gzip icu-libs jq krb5-libs libgcc libssl3 libstdc++ python3 tar zlib" ;;
  tools-*) packages="bash ca-certificates curl git gzip jq libgssapi-krb5-2 libicu76 libssl3t64 libstdc++6 python3 tar zlib1g" ;;
  # psutil has no wheel for musl.
  azure-cli-alpine) packages="ca-certificates gcc libffi-dev linux-headers musl-dev py3-pip python3 python3-dev" ;;
  azure-cli-*) packages="ca-certificates python3 python3-venv" ;;
  sysroot-alpine) packages="gcc musl-dev" ;;
  sysroot-*) packages="gcc libc6-dev" ;;
  compiler-*) packages="clang lld llvm" ;;
  *)
    echo "packages.sh: '$1' is no list of packages. Use tools, azure-cli, sysroot or compiler." >&2
    exit 2
    ;;
esac

# Trusted from the first download on, which may be one of a mirror; one file a certificate, as update-ca-certificates takes them.
extra=/opt/tidepool/extra-certificates.pem
mkdir -p /opt/tidepool /etc/ssl/certs /usr/local/share/ca-certificates
{
  find "$here/certificates" -name '*.crt' -exec cat {} +
  printf '%s\n' "${EXTRA_CA_CERTIFICATES:-}"
} | awk '/-----BEGIN CERTIFICATE-----/ { inside = 1 } inside { print } /-----END CERTIFICATE-----/ { inside = 0 }' > "$extra"
awk '/-----BEGIN/ { count++ } { print > ("/usr/local/share/ca-certificates/tidepool-" count ".crt") }' "$extra"
cat "$extra" >> /etc/ssl/certs/ca-certificates.crt

if [ -n "${PACKAGE_MIRROR:-}" ]; then
  hosts='dl-cdn\.alpinelinux\.org|deb\.debian\.org|security\.debian\.org|archive\.ubuntu\.com|security\.ubuntu\.com|ports\.ubuntu\.com'
  for list in /etc/apk/repositories /etc/apt/sources.list /etc/apt/sources.list.d/*.sources; do
    [ ! -e "$list" ] || sed -i -E "s#https?://($hosts)#${PACKAGE_MIRROR%/}#" "$list"
  done
fi

# apt reads the small letters only.
export http_proxy="${http_proxy:-${HTTP_PROXY:-}}" https_proxy="${https_proxy:-${HTTPS_PROXY:-}}" no_proxy="${no_proxy:-${NO_PROXY:-}}"

# A list of packages is many words.
# shellcheck disable=SC2086
if [ "$ID" = alpine ]; then
  apk add --no-cache $packages
else
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages
  apt-get clean
  rm -rf /var/lib/apt/lists/*
fi
if command -v update-ca-certificates > /dev/null; then
  update-ca-certificates
fi
