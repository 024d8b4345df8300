#!/usr/bin/env bash
# Builds an image from Debian packages and Maven's jars, where no registry of images can be reached, with the environment contract of
#   stand-in-image.sh <image:tag> <kafka version>             apache/kafka
#   stand-in-image.sh <image:tag> <kafka version> kafka       confluentinc/cp-kafka, with ZooKeeper
#   stand-in-image.sh <image:tag> <kafka version> zookeeper   zookeeper
# Needs root, a Docker daemon, debootstrap, mvn. Does nothing when that very image is there already.
set -euo pipefail
image=$1
version=$2
kind=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
source=$here/stand-in${kind:+-zk}
base=kbench-base:bookworm-jre17
# Made from these files: another content is another image.
made_from=$(cat "$here/stand-in-image.sh" "$source"/* | sha256sum | cut -d' ' -f1)
[ "$(docker image inspect -f '{{index .Config.Labels "kbench.made-from"}}' "$image" 2>/dev/null)" = "$made_from" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

base_image() {
  docker image inspect "$base" >/dev/null 2>&1 && return
  debootstrap --variant=minbase --include=openjdk-17-jre-headless bookworm "$work/root" "${KBENCH_DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/debootstrap.log" 2>&1 \
    || { tail -n 20 "$work/debootstrap.log" >&2; return 1; }
  rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/* "$work"/root/usr/share/doc
  tar -C "$work/root" -c . | docker import - "$base" >/dev/null
}

jars() {
  sed "s/@VERSION@/$version/" "$source/pom.xml" >"$work/pom.xml"
  mvn -q -B -f "$work/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$work/context/libs" >"$work/mvn.log" 2>&1 \
    || { tail -n 20 "$work/mvn.log" >&2; return 1; }
}

mkdir "$work/context"
cp "$source"/* "$work/context/"
jars &
jars=$!
base_image
wait "$jars"
DOCKER_BUILDKIT=0 docker build -q --network none --build-arg BASE="$base" --build-arg KIND="$kind" --label "kbench.made-from=$made_from" -t "$image" "$work/context" >/dev/null
