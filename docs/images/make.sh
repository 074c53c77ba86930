#!/usr/bin/env bash
# Takes the pictures of the README: a page of 'tidepool compare' in Chromium, light, dark, and on a phone.
# Usage: docs/images/make.sh [PAGE.html]    without a page it runs the comparison
set -euo pipefail

images=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ $# -gt 0 ]; then
  cp "$1" "$work/page.html"
else
  "$images/../../tidepool" compare --html "$work/page.html"
fi

# A window of Chromium is no narrower than 500 pixels; a frame is.
cat > "$work/phone.html" << 'END'
<!DOCTYPE html>
<style>
  body { display: flex; gap: 24px; margin: 24px; background: #cfd8d8 }
  iframe { border: 0; border-radius: 18px; width: 380px; height: 800px }
</style>
<iframe src="page.html"></iframe><iframe src="page.html#matrix"></iframe><iframe src="page.html#cost"></iframe>
END

shot() {
  local name=$1 page=$2 size=$3
  shift 3
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" --window-size="$size" "$@" \
    --screenshot="$images/$name.png" "file://$work/$page" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  if command -v pngquant > /dev/null; then
    pngquant --force --skip-if-larger --output "$images/$name.png" 256 "$images/$name.png" || true
  fi
  echo "$name.png: $(stat -c %s "$images/$name.png") bytes"
}

shot comparison-light page.html 1280,1000
shot comparison-dark page.html 1280,1000 --blink-settings=preferredColorScheme=0
shot comparison-phone phone.html 1236,848
