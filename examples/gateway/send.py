"""Sends a task to a gateway, and prints the answer. Needs nothing but Python.

GATEWAY=http://127.0.0.1:8787 GATEWAY_TOKEN=... python3 send.py echo '{"text":"hello"}'
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

GATEWAY = os.environ.get("GATEWAY", "http://127.0.0.1:8787")
TOKEN = os.environ.get("GATEWAY_TOKEN")


def send(worker_type: str, payload: dict, attempts: int = 3) -> dict:
    """The same key for each attempt: however often it is sent, it is worked on once."""
    key = str(uuid.uuid4())
    body = json.dumps({"worker_type": worker_type, "model_tier": "local", "payload": payload}).encode()
    headers = {"Content-Type": "application/json", "Prefer": "wait=30", "Idempotency-Key": key}
    if TOKEN:
        headers["Authorization"] = f"Bearer {TOKEN}"
    for attempt in range(attempts):
        try:
            request = urllib.request.Request(f"{GATEWAY}/v1/tasks", body, headers)
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            problem = json.load(error)
            if not problem.get("retryable") or attempt == attempts - 1:
                raise SystemExit(f"{problem['code']}: {problem.get('detail', '')}") from None
            time.sleep(float(error.headers.get("Retry-After", 1)))
    raise AssertionError("unreachable")


if __name__ == "__main__":
    print(json.dumps(send(sys.argv[1], json.loads(sys.argv[2]))))
