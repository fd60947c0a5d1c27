#!/usr/bin/env bash
# The sources hold what their types promise.
set -euo pipefail
# shellcheck source=proxy/admin/dashboard/test/stage.sh
. "$TEST_SRCDIR/$TEST_WORKSPACE/proxy/admin/dashboard/test/stage.sh"
"$node" node_modules/typescript/bin/tsc --project tsconfig.json
