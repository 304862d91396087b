# shellcheck shell=bash
# `cargo ship` for the checks of channels; to be sourced.

# ship WORDS...: runs the program in the project that is checked, where v1.0.2 is published.
ship() {
  (cd "$PROJECT" && "$SHIP" "$@")
}

# says TEXT COMMAND...: the command has to succeed and to say the text.
says() {
  local text=$1 said
  shift
  said=$("$@" 2>&1) || { echo "$* failed: $said" >&2 && return 1; }
  echo "$said"
  [[ $said == *"$text"* ]] || { echo "$* does not say: $text" >&2 && return 1; }
}

# refused COMMAND...: the command has to fail.
refused() {
  ! "$@"
}
