#!/bin/sh
# Stands in for a built binary where its format does not matter: it answers what packing asks.
set -eu
case "$*" in
  --version) echo "contextlite 1.0.2" ;;
  --selftest) echo "contextlite 1.0.2 works: as a script" ;;
  "completions "*) echo "# completion of contextlite for $2" ;;
  "man --out "*)
    for page in contextlite.1 contextlite-index.1; do
      echo ".TH $page 1" >"$3/$page"
      echo "$page"
    done
    ;;
  *) exit 2 ;;
esac
