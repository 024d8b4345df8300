#!/usr/bin/env bash
# Puts @confluentinc/kafka-javascript into node_modules without the prebuilt binary that it downloads from GitHub:
#   install-clients.sh <cache folder>     needs python3, make, g++ and libssl-dev
# Compiled once per version of the package and of Node.js (about three minutes) and kept in the cache; afterwards a symbolic link.
# Run after npm ci, which empties node_modules.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=$1
package=@confluentinc/kafka-javascript
# The lowest version that package.json allows: what the driver was tried with.
version=$(node -p "require('./package.json').peerDependencies['$package'].replace(/^\D*/, '')")
built=$cache/confluent-kafka-$version-node$(node -p process.versions.modules)
if [ ! -e "$built/done" ]; then
  rm -rf "$built"
  mkdir -p "$built"
  # npm 11 and later run the install script of packages that are named here only.
  echo "{ \"private\": true, \"allowScripts\": { \"$package\": true } }" >"$built/package.json"
  (cd "$built" && CKJS_LINKING=dynamic npm install --no-audit --no-fund --foreground-scripts "$package@$version")
  # Object files and static libraries: two thirds of what was built, and nothing needs them.
  rm -rf "$built/node_modules/$package"/build/Release/obj.target "$built/node_modules/$package"/build/deps/*.a
  (cd "$built" && node -e "require('$package')")
  touch "$built/done"
fi
mkdir -p node_modules/@confluentinc
ln -sfn "$built/node_modules/$package" "node_modules/$package"
