#!/bin/sh
# Runs every fault script with the rounds of the test suite; ends at the first that fails.
# The program is $CONTEXTLITE_BINARY, by default the release build.
set -eu
cd "$(dirname "$0")"
# Ubuntu denies namespaces to programs that it does not know; a machine of CI lives for one run.
denied=kernel/apparmor_restrict_unprivileged_userns
if [ -n "${CI:-}" ] && [ "$(id -u)" -ne 0 ] && [ "$(cat /proc/sys/$denied 2>/dev/null)" = 1 ]; then
    sudo -n sysctl -q -w $denied=0
fi
for script in broken_store odd_files no_room crowd freshness watches moving_files interrupt soak_kill server_kill; do
    python3 "$script.py"
done
