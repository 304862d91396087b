#!/bin/sh
# Installs @name@ for one user or for all, from an archive whose checksum it verifies.
#
#   sh install.sh [--version VERSION] [--prefix FOLDER] [--from ADDRESS]
#   sh install.sh --uninstall [--prefix FOLDER]
#
# This copy of the script belongs to @name@ @version@ and installs that version unless it is told
# another one. Nothing is changed before the checksum is verified and the program has started once.
# It needs a POSIX shell, curl or wget, tar, and one of sha256sum, shasum and openssl.
set -eu

name='@name@'
default_version='@version@'
repository='@repository@'

usage() {
  cat <<EOF
Installs $name $default_version.

  --version VERSION  install this version instead
  --prefix FOLDER    install below FOLDER [default: /usr/local as root, else ~/.local]
  --from ADDRESS     download from this folder, such as a mirror
  --uninstall        remove what was installed below the prefix
  --help             show this text

@variable@_VERSION, @variable@_PREFIX and @variable@_FROM do the same as the options.
EOF
}

say() {
  printf '%s\n' "$*"
}

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

find_platform() {
  system=$(uname -s)
  processor=$(uname -m)
  case $system in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) fail "there is no $name for $system; the platforms are listed on $repository/releases" ;;
  esac
  case $processor in
    x86_64 | amd64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "there is no $name for $system on $processor; build it from $repository" ;;
  esac
  # A shell that is translated on a Mac with an ARM processor calls it x86_64.
  if [ "$os" = darwin ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" = 1 ]; then
    arch=arm64
  fi
}

# download ADDRESS FILE
download() {
  if has curl; then
    curl -fsSL --retry 3 --output "$2" "$1" || fail "$1 cannot be downloaded"
  elif has wget; then
    wget -q -O "$2" "$1" || fail "$1 cannot be downloaded"
  else
    fail "neither curl nor wget is installed; install one of them"
  fi
}

# The SHA-256 of a file, in hexadecimal.
sha256_of() {
  if has sha256sum; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif has shasum; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  elif has openssl; then
    openssl dgst -sha256 "$1" | sed 's/^.*= *//'
  else
    fail "none of sha256sum, shasum and openssl is installed; the download cannot be verified"
  fi
}

# Compares a file with its line in the checksums.
verify() {
  expected=$(awk -v file="$2" '$2 == file || $2 == "*" file { print $1; exit }' "$3")
  [ -n "$expected" ] || fail "$2 is not among the checksums of version $version"
  found=$(sha256_of "$1")
  [ "$found" = "$expected" ] ||
    fail "$2 is not what was released (SHA-256 $found, not $expected); nothing was installed"
}

# install_file MODE FROM TO: replaces the file in one step, so that a running program is not cut.
install_file() {
  mkdir -p "$(dirname "$3")" || fail "$(dirname "$3") cannot be made; choose another --prefix"
  cp "$2" "$3.new" || fail "$3 cannot be written; choose another --prefix"
  chmod "$1" "$3.new"
  mv -f "$3.new" "$3"
  printf '%s\n' "$3" >>"$work/receipt"
}

install_all() {
  find_platform
  archive="@archive@.tar.gz"
  folder=${from:-"@folder@"}
  checksums="${name}-${version}-checksums.txt"
  work=$(mktemp -d "${TMPDIR:-/tmp}/$name-install.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  download "$folder/$checksums" "$work/checksums"
  download "$folder/$archive" "$work/archive"
  verify "$work/archive" "$archive" "$work/checksums"
  mkdir "$work/files"
  tar -xzf "$work/archive" -C "$work/files" || fail "$archive cannot be unpacked"
  stated=$("$work/files/$name" --version) || fail "$name does not start on this machine"
  [ "$stated" = "$name $version" ] || fail "$archive holds $stated, not $name $version"

  share=$prefix/share
  [ -f "$receipt" ] && cp "$receipt" "$work/older"
  install_file 755 "$work/files/$name" "$prefix/bin/$name"
  for page in "$work"/files/man/*.1; do
    install_file 644 "$page" "$share/man/man1/${page##*/}"
  done
  completions=$work/files/completions
  install_file 644 "$completions/$name.bash" "$share/bash-completion/completions/$name"
  install_file 644 "$completions/_$name" "$share/zsh/site-functions/_$name"
  install_file 644 "$completions/$name.fish" "$share/fish/vendor_completions.d/$name.fish"
  for paper in README.md LICENSE THIRD-PARTY-NOTICES.txt; do
    install_file 644 "$work/files/$paper" "$share/doc/$name/$paper"
  done
  # What an older version had and this one has not would never be removed.
  if [ -f "$work/older" ]; then
    while IFS= read -r file; do
      grep -Fqx "$file" "$work/receipt" || rm -f "$file"
    done <"$work/older"
  fi
  cp "$work/receipt" "$receipt"
  say "installed $name $version: $prefix/bin/$name"
  case ":$PATH:" in
    *":$prefix/bin:"*) ;;
    *) say "add $prefix/bin to your PATH: export PATH=\"$prefix/bin:\$PATH\"" ;;
  esac
}

uninstall() {
  [ -f "$receipt" ] || fail "$name was not installed below $prefix by this script"
  while IFS= read -r file; do
    # A receipt names nothing outside its prefix; one that does was not written by us.
    case $file in
      *..*) fail "$receipt is damaged: $file" ;;
      "$prefix"/*) rm -f "$file" ;;
      *) fail "$receipt is damaged: $file" ;;
    esac
  done <"$receipt"
  rm -f "$receipt"
  rmdir "$prefix/share/doc/$name" 2>/dev/null || :
  say "removed $name from $prefix; indexes of repositories are kept"
}

version=${@variable@_VERSION:-}
prefix=${@variable@_PREFIX:-}
from=${@variable@_FROM:-}
action=install_all
while [ $# -gt 0 ]; do
  case $1 in
    --version | --prefix | --from)
      [ $# -gt 1 ] || fail "$1 needs a value"
      case $1 in
        --version) version=$2 ;;
        --prefix) prefix=$2 ;;
        --from) from=$2 ;;
      esac
      shift
      ;;
    --uninstall) action=uninstall ;;
    --help | -h)
      usage
      exit 0
      ;;
    *) fail "unknown option $1; see --help" ;;
  esac
  shift
done
version=${version:-$default_version}
version=${version#v}
case $version in
  *[!0-9A-Za-z.-]*) fail "\`$version\` is not a version" ;;
esac
if [ -z "$prefix" ]; then
  if [ "$(id -u)" -eq 0 ]; then
    prefix=/usr/local
  else
    prefix=${HOME:?set HOME, or name a folder with --prefix}/.local
  fi
fi
case $prefix in
  /*) ;;
  *) prefix=$(pwd)/$prefix ;;
esac
prefix=${prefix%/}
receipt=$prefix/share/doc/$name/installed-files
"$action"
