#!/usr/bin/env bash
# Checks the front end, and that the committed bundle matches its sources.
set -euo pipefail
cd "$(dirname "$0")"
committed=../claude_notebook/static
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

npm ci
npm run --silent lint
npm run --silent typecheck
npm test --silent
node build.mjs --out "$fresh"
for name in widget.js widget.css math.js; do
    cmp "$fresh/$name" "$committed/$name" || {
        echo "claude_notebook/static/$name differs from the build of js/. Run 'npm run build' and commit the result." >&2
        exit 1
    }
done
echo "The bundle in claude_notebook/static/ matches js/."
