#!/usr/bin/env bash
# Builds an image from Debian packages and this machine's Node.js and npm, where no registry of images can be reached: a stand-in for
# node:<version>-bookworm-slim, the base of the Dockerfile.
#   stand-in-node-image.sh <image:tag>
# Needs root, a Docker daemon, debootstrap. Does nothing when that very image is there already.
set -euo pipefail
image=$1
node=$(readlink -f "$(command -v node)")
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
base=kbench-base:bookworm
# Another Node.js or another script is another image.
made_from=$({ cat "$0"; node --version; npm --version; } | sha256sum | cut -d' ' -f1)
[ "$(docker image inspect -f '{{index .Config.Labels "kbench.made-from"}}' "$image" 2>/dev/null)" = "$made_from" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! docker image inspect "$base" >/dev/null 2>&1; then
  debootstrap --variant=minbase bookworm "$work/root" "${KBENCH_DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/debootstrap.log" 2>&1 \
    || { tail -n 20 "$work/debootstrap.log" >&2; exit 1; }
  rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/* "$work"/root/usr/share/doc
  tar -C "$work/root" -c . | docker import - "$base" >/dev/null
fi

context=$work/context
mkdir -p "$context/node" "$context/include" "$context/trust"
cp "$node" "$context/node/node"
cp -r "$npm" "$context/npm"
# Headers, so that node-gyp downloads none: those beside the binary, where they are there.
headers=$(dirname "$(dirname "$node")")/include/node
[ ! -d "$headers" ] || cp -r "$headers" "$context/include/node"
# The authorities and npm's settings of this machine, for its registry may be a mirror.
cp "${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" "$context/trust/authorities.pem"
printf 'registry=%s\n' "$(npm config get registry)" >"$context/trust/npmrc"
cat >"$context/Dockerfile" <<'END'
ARG BASE
FROM ${BASE}
COPY node/node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY include /usr/local/include
COPY trust/authorities.pem /usr/local/share/authorities.pem
# npm's own settings: those of a prefix do not hold in another one.
COPY trust/npmrc /usr/local/lib/node_modules/npm/npmrc
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
 && { [ ! -d /usr/local/include/node ] || echo nodedir=/usr/local >>/usr/local/lib/node_modules/npm/npmrc; } \
 && echo 'APT::Sandbox::User "root";' >/etc/apt/apt.conf.d/90sandbox
RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6 && rm -rf /var/lib/apt/lists/*
ENV NODE_EXTRA_CA_CERTS=/usr/local/share/authorities.pem
CMD ["node"]
END
DOCKER_BUILDKIT=0 docker build -q --network host --build-arg BASE="$base" --label "kbench.made-from=$made_from" -t "$image" "$context" >/dev/null
