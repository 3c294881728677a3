import { command } from '../command.ts';
import { EXIT } from '../exit.ts';

/** A config that can be served as it is, once its two secrets are set. */
export const gatewayExample = command({
  formats: { human: true },
  connects: false,
  examples: [
    ['heddle-ts gateway example > gateway.yaml', 'a config with comments'],
    ['heddle-ts gateway example | heddle-ts validate -', 'which the rules agree with'],
  ],
  groups: [],
  run: async (session) => {
    session.io.stdout.write(EXAMPLE);
    return EXIT.ok;
  },
});

export const EXAMPLE = `# HTTP for a Heddle bus. Check it with: heddle-ts gateway check gateway.yaml
kind: gateway
# Replicas of one name share requests, delivery ids and results, where the bus has JetStream.
name: gateway
# Any address beyond this machine needs tokens, or it does not start.
listen: 127.0.0.1:8787
# What senders and clients call it; Twilio signs this address.
# public_url: https://gateway.example.com
# tls: {cert: ./tls.crt, key: ./tls.key}

auth:
  tokens:
    # The secret stands in a variable or a file (file: ./ci.token), never here. Scopes: submit, work, work:<type>, events, callback, metrics, observe, admin.
    - {id: ci, env: HEDDLE_GATEWAY_TOKEN, scopes: [submit, events, metrics]}

# A page at / for people: who is on the bus, what passes, what failed. Its tokens need events and observe.
# console: true

limits:
  body_bytes: 262144
  # Of one token, and of one webhook.
  rate_per_token: 200/s
  # The longest that Prefer: wait waits.
  wait_s: 60

store:
  # auto: JetStream, or memory where there is none. required: JetStream, or it does not start.
  kind: auto
  ttl_s: 1800

# Types that workers over HTTP may ask for, with POST /v1/tasks/poll.
# workers:
#   types:
#     ocr: {lease_s: 300, on_expiry: requeue, max_attempts: 3}

# Devices that speak MQTT (needs the package mqtt beside this program).
# mqtt:
#   - url: mqtt://127.0.0.1:1883
#     topics: ["sensors/{room}/temp"]
#     to: task
#     worker_type: thermo
#     payload: {room: "{room}", value: {ref: /body}}

# Programs beside the gateway whose lines become work.
# sidecars:
#   - {name: usb, command: [./reader], to: task, worker_type: serial}

webhooks:
  # POST /webhooks/order-created becomes a goal, once for each delivery, and only when it is signed.
  order-created:
    verify:
      scheme: standard-webhooks
      # Several are all good: add the new one, have the sender change, remove the old one.
      secrets: [{env: ORDER_WEBHOOK_SECRET}]
      tolerance_s: 300
    to: goal
    instruction: "Process external event: {event}"
    context:
      webhook_event: {ref: /event}
      payload: {ref: /body}
    dedupe: {key: "header:webhook-id", ttl_s: 86400}
`;
