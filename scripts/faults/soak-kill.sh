#!/bin/sh
# Kills indexing at random instants: soak-kill.sh [ROUNDS] [MEGABYTES] [SEED]
exec python3 "$(dirname "$0")/soak_kill.py" "$@"
