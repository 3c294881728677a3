#!/bin/bash
# A worker for a Heddle gateway in bash, with curl and nothing else:
#   GATEWAY=http://127.0.0.1:8787 GATEWAY_TOKEN=... ./worker.sh ocr ./count.sh
# The program reads the item (JSON) on its stdin and writes the output, a JSON object; another exit code than 0 is a failure.
# SIGTERM finishes the task at hand.
set -u
GATEWAY=${GATEWAY:-http://127.0.0.1:8787}
type=${1:?usage: worker.sh <task type> <program>} program=${2:?usage: worker.sh <task type> <program>}

# Signals come to this shell, which does nothing but wait; the one that works learns of them by a file. A shell that hears a signal
# while it reads a command with a substitution in it may forget the signal (bash 5.2 does).
state=$(mktemp -d) || exit 1
trap 'rm -rf "$state"' EXIT
stop() {
  local asking
  : >"$state/stop"
  # The gateway hands a task that was under way to the next worker.
  read -r asking 2>/dev/null <"$state/asking" && kill -KILL "$asking" 2>/dev/null
}

# The token goes by a pipe: arguments are for everybody to see.
token() { [ -n "${GATEWAY_TOKEN:-}" ] && printf 'header = "Authorization: Bearer %s"\n' "$GATEWAY_TOKEN"; }

# Takes the place of the shell that runs it, so that who ends that one ends the request.
request() { # path, body, seconds
  exec curl -sS -K <(token) -m "$3" -w '\n%{http_code}' -H 'Content-Type: application/json' --data-binary "$2" "$GATEWAY$1"
}
post() { (request "$@"); }

# Again and again until the gateway has it: it counts once.
resolve() { # handle, body
  local answer status pause=1
  while :; do
    answer=$(post "/v1/tasks/$1/resolve" "$2" 30)
    status=${answer##*$'\n'}
    case $status in
      200) return 0 ;;
      4??) [ "$status" = 429 ] || { echo "task $1: ${answer%$'\n'*}" >&2; return 1; } ;;
    esac
    sleep "$pause"
    pause=$((pause < 5 ? pause + 1 : 5))
  done
}

# One member of a flat part of the item, as its text; enough for ids and numbers.
member() { sed -n "s/^\[{.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" <<<"${2%%,\"payload\":*}}"; }

serve() {
  echo 1 >"$state/code"
  trap '' TERM INT
  # Not without the shell that hears the signals.
  while [ ! -e "$state/stop" ] && kill -0 "$$" 2>/dev/null; do
    request /v1/tasks/poll "{\"task_types\":[\"$type\"],\"max_tasks\":1,\"timeout_ms\":20000}" 30 >"$state/answer" &
    echo "$!" >"$state/asking"
    # The signal may have come before there was anything to end.
    [ -e "$state/stop" ] && stop
    { wait "$!"; } 2>/dev/null
    rm -f "$state/asking"
    answer=$(cat "$state/answer")
    status=${answer##*$'\n'}
    items=${answer%$'\n'*}
    case $status in
      200) ;;
      401 | 403 | 400 | 404) echo "$items" >&2; return ;;
      *) [ -e "$state/stop" ] || sleep 1; continue ;;
    esac
    [ "$items" = '[]' ] && continue
    handle=$(member task_id "$items") lease=$(member lease_id "$items") lease_ms=$(member lease_ms "$items")
    item=${items#[}
    item=${item%]}
    # A task that takes longer than its lease is not handed to somebody else.
    third=$(printf '%d.%03d' "$((lease_ms / 3000))" "$((lease_ms / 3 % 1000))")
    (while sleep "$third"; do resolve "$handle" "{\"action\":\"heartbeat\",\"lease_id\":\"$lease\"}" || exit; done) &
    alive=$!
    if output=$("$program" <<<"$item"); then
      body="{\"action\":\"complete\",\"lease_id\":\"$lease\",\"output\":$output}"
    else
      body="{\"action\":\"fail\",\"lease_id\":\"$lease\",\"failure_type\":\"retriable\",\"error\":\"the program ended with exit code $?\"}"
    fi
    { kill -KILL "$alive" && wait "$alive"; } 2>/dev/null
    resolve "$handle" "$body"
  done
  echo 0 >"$state/code"
}

trap stop TERM INT
serve &
# A signal ends the wait, not the work.
while wait "$!"; [ "$?" -gt 128 ] && kill -0 "$!" 2>/dev/null; do :; done
exit "$(cat "$state/code")"
