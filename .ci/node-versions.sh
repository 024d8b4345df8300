#!/usr/bin/env bash
# kbench under each Node.js that it supports, from npm's own package "node": unit tests, command-line tests, kafkajs on provider local, and
# node-rdkafka where there are headers of that version. Needs what `npm ci` and `npm run build` leave, Java 17 and Maven.
#   node-versions.sh [short] [major…]        short: a part of the unit tests, and kafkajs on local
# It can be ended and started again: what passed is not done again until a source changes. KBENCH_NODE_HEADERS_22=/path names a folder
# whose include/node has the headers of Node.js 22. What is skipped is printed by name.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${KBENCH_CI_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kbench-ci}/node-versions
form=full
[ "${1:-}" != short ] || { form=short; shift; }
majors=("$@")
[ ${#majors[@]} -gt 0 ] || majors=(20 22 24)
sources=$(find src test package-lock.json -type f -not -name '*.txt' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
failures=0
own_abi=$(node -p process.versions.modules)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# step <name> <command…>: once for these sources, with its output shown where it fails.
step() {
  local name=$1 done=$folder/$form-$1-$sources began=$SECONDS
  shift
  if [ -f "$done" ]; then echo "Node.js $version: $name: passed before"; return; fi
  if "$@" >"$logs/step" 2>&1 </dev/null; then
    touch "$done"
    echo "Node.js $version: $name: passed, $((SECONDS - began)) s"
  else
    failures=$((failures + 1))
    echo "Node.js $version: $name: FAILED"
    grep -E '^(✖|failed:|not ok|ℹ|kbench:)' "$logs/step" | tail -n 60 || tail -n 40 "$logs/step"
  fi
}

skip() { echo "Node.js $version: $1: SKIPPED, $2"; }

# A load with kafkajs on a broker that kbench starts: every record acknowledged and audited. A busy machine makes it invalid, exit 4.
kafkajs_on_local() {
  local code=0 results=$logs/results-$major
  "$node" bin/kbench.js run single-broker --provider local --set clients="${1:-kafkajs}" --set phases.measure=5s --set load.rate=500 --set cluster.startTimeout=180s \
    --results "$results" --no-reports --quiet --json >"$logs/result.json" || code=$?
  [ "$code" = 0 ] || [ "$code" = 4 ] || return 1
  "$node" -e '
    const { variants: [{ ledger, integrity }], environment } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))
    console.log(environment.node, ledger, integrity.verdict)
    if (environment.node.split(".")[0] !== process.argv[2]) process.exit(1)
    if (integrity.verdict !== "ok" || ledger.acked !== ledger.scheduled || !(ledger.acked > 2000)) process.exit(1)
  ' "$logs/result.json" "$major"
}

# A copy of node-rdkafka built for this version, in place of the one that is there; that one is put back.
rdkafka() {
  local headers=$1 code=0 binding=node_modules/node-rdkafka/build/Release/node-librdkafka.node copy=$folder/node-rdkafka
  if [ ! -f "$copy/build/Release/node-librdkafka.node" ]; then
    rm -rf "$copy"
    mkdir -p "$folder/node_modules"
    cp -r node_modules/node-rdkafka "$copy"
    ln -sfn "$PWD/node_modules/nan" "$folder/node_modules/nan"
    ln -sfn "$PWD/node_modules/bindings" "$folder/node_modules/bindings"
    PATH=$(dirname "$node"):$PATH npm_config_nodedir=$headers npm run install --prefix "$copy" || return 1
  fi
  cp "$binding" "$folder/own.node"
  cp "$copy/build/Release/node-librdkafka.node" "$binding"
  kafkajs_on_local node-rdkafka || code=$?
  cp "$folder/own.node" "$binding"
  return $code
}

for major in "${majors[@]}"; do
  folder=$cache/$major
  mkdir -p "$folder"
  version=$major
  if [ ! -x "$folder/node_modules/node/bin/node" ]; then
    # Its install script fetches the binary, from npm too.
    echo '{ "private": true, "allowScripts": { "node": true } }' >"$folder/package.json"
    npm install --prefix "$folder" --no-audit --no-fund "node@$major" >"$logs/npm" 2>&1 \
      || { tail -n 5 "$logs/npm"; failures=$((failures + 1)); skip all 'it cannot be installed from npm'; continue; }
  fi
  node=$(readlink -f "$folder/node_modules/node/bin/node")
  version=$("$node" --version)
  # Tests start kbench and Node.js by process.execPath; what calls `node` finds this one.
  export PATH=$(dirname "$node"):$PATH
  # The compiled binding is for one ABI: tests that need it say so, and are skipped by name.
  if [ "$form" = short ]; then
    step 'unit tests, in part' "$node" dist/test/runner/main.js check unit/base unit/drivers unit/load
  else
    step 'unit tests' "$node" dist/test/runner/main.js check
    step 'command-line tests' "$node" dist/test/runner/main.js all test/cli/
  fi
  step 'kafkajs on local' kafkajs_on_local kafkajs
  headers_name=KBENCH_NODE_HEADERS_$major
  headers=${!headers_name:-$(dirname "$(dirname "$node")")}
  if [ "$("$node" -p process.versions.modules)" = "$own_abi" ]; then
    step 'node-rdkafka on local' kafkajs_on_local node-rdkafka
  elif [ "$form" = short ]; then
    skip 'node-rdkafka on local' 'in short'
  elif [ -f "$headers/include/node/node.h" ]; then
    step 'node-rdkafka on local' rdkafka "$headers"
  else
    skip 'node-rdkafka on local' "no headers of this version; $headers_name names a folder that has include/node"
  fi
done
exit $((failures > 0))
