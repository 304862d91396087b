#!/bin/sh
# Runs every fault script with the rounds of the test suite; ends at the first that fails.
# The program is $CONTEXTLITE_BINARY, by default the release build.
set -eu
cd "$(dirname "$0")"
for script in broken_store odd_files no_room crowd freshness watches moving_files interrupt soak_kill server_kill; do
    python3 "$script.py"
done
