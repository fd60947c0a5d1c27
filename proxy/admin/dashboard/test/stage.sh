# Sourced by the tests: the sources and npm's packages side by side in a folder
# of this test, as a developer's `npm ci` has them.
packages=$TEST_SRCDIR/dashboard_npm
node=$packages/node.sh
cd "$TEST_TMPDIR"
cp -RL "$TEST_SRCDIR/$TEST_WORKSPACE/proxy/admin/dashboard/." .
ln -s "$packages/node_modules" node_modules
