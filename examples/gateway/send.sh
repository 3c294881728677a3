#!/bin/sh
# Sends a task to a gateway, and prints the answer. Needs curl.
# GATEWAY=http://127.0.0.1:8787 GATEWAY_TOKEN=... ./send.sh echo '{"text":"hello"}'
set -eu

# The token goes in by a file of settings: in the arguments everybody on this machine could read it.
settings() {
  if [ -n "${GATEWAY_TOKEN:-}" ]; then printf 'header = "authorization: Bearer %s"\n' "$GATEWAY_TOKEN"; fi
}

settings | curl --silent --show-error --config - \
  --header 'content-type: application/json' --header 'prefer: wait=30' \
  --data "{\"worker_type\":\"$1\",\"model_tier\":\"local\",\"payload\":$2}" \
  "${GATEWAY:-http://127.0.0.1:8787}/v1/tasks"
echo
