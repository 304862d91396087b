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

# start_services FOLDER: the services of the rehearsal, until stop_registries.
start_services() {
  mkdir -p "$1"
  services_told=$1/told
  (cd "$PROJECT" && exec "$SHIP" rehearse --serve) 2>"$services_told" &
  registry_pids+=($!)
}

# service NAME: what a client of one of them is told, by the name of the variable.
service() {
  until grep -m 1 "^$1=" "$services_told"; do
    kill -0 "${registry_pids[-1]}" || { cat "$services_told" >&2 && return 1; }
    sleep 0.1
  done | cut -d = -f 2-
}
