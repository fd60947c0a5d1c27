#!/usr/bin/env bash
# Everything in test/*.test.ts, with node's own test runner.
set -euo pipefail
# shellcheck source=proxy/admin/dashboard/test/stage.sh
. "$TEST_SRCDIR/$TEST_WORKSPACE/proxy/admin/dashboard/test/stage.sh"
node_modules/@esbuild/*/bin/esbuild test/*.test.ts --bundle --platform=node \
  --format=esm --out-extension:.js=.mjs --log-level=warning --outdir=bundled
"$node" --test bundled/*.test.mjs
