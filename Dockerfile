# An image of kbench with both clients; docs/container.md. The base is any Debian with Node.js 20.19 or later and npm.
#   docker build -t kbench .
#   docker build -t kbench --build-arg BASE=registry.example.com/node:24-bookworm-slim .
ARG BASE=node:22-bookworm-slim

FROM ${BASE} AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates g++ libssl-dev libzstd-dev make python3 zlib1g-dev
WORKDIR /src
COPY . .
RUN npm ci --ignore-scripts --no-audit --no-fund \
 && npm run build \
 && npm pack --ignore-scripts --pack-destination /tmp
# As a user would install it: what the image has is what the registry has.
RUN npm install --global --prefix /opt/kbench --allow-scripts=node-rdkafka,koffi --no-audit --no-fund /tmp/kbench-*.tgz \
 && cd /opt/kbench/lib/node_modules/kbench/node_modules/node-rdkafka \
 && test -f build/Release/node-librdkafka.node \
 # What compiled it.
 && rm -rf deps build/Release/obj* build/Release/.deps build/deps/*.a

FROM ${BASE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libssl3 libstdc++6 libzstd1 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home kbench \
 && install -d -o kbench /work
COPY --from=build /opt/kbench /opt/kbench
ENV PATH=/opt/kbench/bin:$PATH
# By number: Kubernetes' runAsNonRoot looks at it.
USER 10001
WORKDIR /work
ENTRYPOINT ["kbench"]
CMD ["--help"]
