#!/bin/sh
# Builds the archive of one platform: parcel-VERSION-OS-ARCH.tar.gz
set -eu

archive_name() {
  printf 'parcel-%s-%s-%s.tar.gz' "$1" "$2" "$3"
}

build() {
  GOOS="$2" GOARCH="$3" go build -o parcel ./cmd
  tar -czf "$(archive_name "$1" "$2" "$3")" parcel README.md
}

build "$@"
