#!/usr/bin/env bash
# The sources hold what their types promise.
# shellcheck source=proxy/admin/dashboard/test/stage.sh
. "$(dirname "$0")/stage.sh"
"$node" node_modules/typescript/bin/tsc --project tsconfig.json
