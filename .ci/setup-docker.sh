#!/usr/bin/env bash
# Starts a Docker daemon of our own beside any other: own socket, data root and pid file.
#   setup-docker.sh start <dir>   waits until it answers; prints its DOCKER_HOST
#   setup-docker.sh stop <dir>    ends it by its pid
# <dir> keeps images between runs. Needs root and dockerd (Debian: docker.io).
set -euo pipefail
action=$1
dir=$(mkdir -p "$2" && cd "$2" && pwd)
pidfile=$dir/dockerd.pid
# Socket paths are limited to 108 bytes, whatever <dir> is.
run=/tmp/kbench-docker-$(printf %s "$dir" | cksum | cut -d' ' -f1)
socket=$run/docker.sock
host=unix://$socket

alive() { [ -s "$pidfile" ] && [ "$(cat "/proc/$(cat "$pidfile")/comm" 2>/dev/null)" = dockerd ]; }

case $action in
  start)
    if ! alive; then
      rm -f "$pidfile"
      mkdir -p "$run"
      # The address pool is not Docker's default: the networks of another daemon on this machine must not clash with ours.
      setsid dockerd --host "$host" --data-root "$dir/data" --exec-root "$run/exec" --pidfile "$pidfile" --bridge none \
        --default-address-pool base=10.214.0.0/16,size=24 --log-level warn >"$dir/dockerd.log" 2>&1 </dev/null &
      started=$!
      for _ in $(seq 150); do
        DOCKER_HOST=$host docker info >/dev/null 2>&1 && break
        kill -0 "$started" 2>/dev/null || { echo "dockerd ended early:" >&2; tail -n 20 "$dir/dockerd.log" >&2; exit 1; }
        sleep 0.2
      done
      DOCKER_HOST=$host docker info >/dev/null || { tail -n 20 "$dir/dockerd.log" >&2; exit 1; }
    fi
    echo "$host"
    ;;
  stop)
    if alive; then
      pid=$(cat "$pidfile")
      kill -TERM "$pid"
      for _ in $(seq 150); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
      if kill -0 "$pid" 2>/dev/null; then kill -KILL "$pid"; fi
    fi
    rm -rf "$run"
    ;;
  *) echo "usage: $0 start|stop <dir>" >&2; exit 2 ;;
esac
