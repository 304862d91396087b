# shellcheck shell=bash
# Registries of this machine, for scripts that publish to one and install from it; to be sourced.
#
# TOOLS is the folder of tools, target/tools. What is started is ended by stop_registries.

# What is started here, to be ended.
registry_pids=()

stop_registries() {
  [ ${#registry_pids[@]} -eq 0 ] || kill "${registry_pids[@]}" 2>/dev/null || true
}

free_port() {
  python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# wait_for URL LOG: until the last program that was started answers.
wait_for() {
  until curl -sf -o /dev/null "$1"; do
    kill -0 "${registry_pids[-1]}" || { cat "$2" >&2 && return 1; }
    sleep 0.1
  done
}

# start_files FOLDER LOG: serves a folder; its address is in files_url.
start_files() {
  local port
  port=$(free_port)
  files_url=http://127.0.0.1:$port
  python3 -m http.server --bind 127.0.0.1 --directory "$1" "$port" >"$2" 2>&1 &
  registry_pids+=($!)
  wait_for "$files_url/" "$2"
}

# start_index FOLDER: an index of Python packages, which takes files from everybody and keeps them in
# FOLDER/packages; its address is in index_url.
start_index() {
  local port
  port=$(free_port)
  index_url=http://127.0.0.1:$port
  mkdir -p "$1/packages"
  "$TOOLS/python/bin/pypi-server" run --interface 127.0.0.1 --port "$port" --disable-fallback \
    --passwords . --authenticate . "$1/packages" >"$1/index.log" 2>&1 &
  registry_pids+=($!)
  wait_for "$index_url/" "$1/index.log"
}

# The Node that verdaccio wants; it is newer than the oldest that CI has.
registry_node=22.23.5

# need_node VERSION: a Node beside that of the machine, in TOOLS/node/versions/VERSION.
need_node() {
  local here folder=$TOOLS/node/versions/$1
  here=$(node -p 'process.platform + "-" + process.arch')
  [ -x "$folder/node_modules/node/bin/node" ] || npm install --silent --no-audit --no-fund \
    --ignore-scripts --no-package-lock --prefix "$folder" "node@npm:node-$here@$1"
}

# need_node_tools: what scripts/tools/node lists, in TOOLS/node.
need_node_tools() {
  mkdir -p "$TOOLS/node"
  if ! cmp -s scripts/tools/node/package-lock.json "$TOOLS/node/installed-lock.json"; then
    cp scripts/tools/node/package*.json "$TOOLS/node/"
    (cd "$TOOLS/node" && npm ci --silent --ignore-scripts --no-audit --no-fund)
    cp scripts/tools/node/package-lock.json "$TOOLS/node/installed-lock.json"
  fi
}

# start_npm FOLDER ACCESS: a registry for npm, in which everybody reads (all) or only who has the
# token (authenticated); its address is in npm_url, with a slash, and the token in npm_token.
start_npm() {
  local port
  need_node_tools
  need_node "$registry_node"
  port=$(free_port)
  npm_url=http://127.0.0.1:$port/
  mkdir -p "$1"
  cat >"$1/registry.yaml" <<REGISTRY
storage: $1/storage
auth: { htpasswd: { file: $1/htpasswd, max_users: 1 } }
uplinks: {}
max_body_size: 200mb
packages: { '**': { access: \$$2, publish: \$authenticated } }
log: { type: stdout, format: pretty, level: warn }
REGISTRY
  "$TOOLS/node/versions/$registry_node/node_modules/node/bin/node" \
    "$TOOLS/node/node_modules/.bin/verdaccio" --config "$1/registry.yaml" \
    --listen "127.0.0.1:$port" >"$1/registry.log" 2>&1 &
  registry_pids+=($!)
  wait_for "$npm_url-/ping" "$1/registry.log"
  # shellcheck disable=SC2034  # for who sources this
  npm_token=$(curl -sf -XPUT -H 'content-type: application/json' \
    -d '{"name":"ci","password":"ci-ci-ci"}' "$npm_url-/user/org.couchdb.user:ci" |
    node -p 'JSON.parse(fs.readFileSync(0)).token')
}
