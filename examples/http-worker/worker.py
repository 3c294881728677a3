#!/usr/bin/env python3
"""A worker for a Heddle gateway, with nothing but the standard library.

    GATEWAY=http://127.0.0.1:8787 GATEWAY_TOKEN=... python3 worker.py ocr

Put your work into `handle`. SIGTERM and Ctrl-C finish the task at hand.
"""
import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

GATEWAY = os.environ.get("GATEWAY", "http://127.0.0.1:8787").rstrip("/")
TOKEN = os.environ.get("GATEWAY_TOKEN", "")
POLL_S = 20

stopping = threading.Event()
polling = threading.Event()


class Stopped(Exception):
    pass


def stop(*_):
    stopping.set()
    if polling.is_set():
        # Out of the poll: who leaves it gets no task.
        raise Stopped


def handle(payload, item):
    """What this worker does: a payload in, an output (an object) out. Raising makes the task fail."""
    return {"length": len(str(payload.get("text", "")))}


class Refused(Exception):
    def __init__(self, status, problem):
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status


def post(path, body, timeout):
    headers = {"Content-Type": "application/json"}
    if TOKEN:
        headers["Authorization"] = f"Bearer {TOKEN}"
    request = urllib.request.Request(GATEWAY + path, json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            problem = json.load(error)
        except ValueError:
            problem = {}
        raise Refused(error.code, problem) from None


def resolve(item, **said):
    """Says something of a task, again and again until the gateway has it: it counts once."""
    path = f"/v1/tasks/{urllib.parse.quote(item['task_id'], safe='')}/resolve"
    pause = 0.2
    while True:
        try:
            return post(path, {"lease_id": item["lease_id"], **said}, 30)
        except Refused as error:
            if error.status < 500 and error.status != 429:
                raise
        except OSError as error:
            print(f"the gateway is away: {error}", file=sys.stderr)
        time.sleep(pause)
        pause = min(pause * 2, 5)


def keep_alive(item, done):
    """Until the task is done: a task that takes longer than its lease is not handed to somebody else."""
    while not done.wait(item["lease_ms"] / 3000):
        try:
            resolve(item, action="heartbeat")
        except Refused:
            return


def work(item):
    done = threading.Event()
    threading.Thread(target=keep_alive, args=(item, done), daemon=True).start()
    try:
        said = {"action": "complete", "output": handle(item["payload"], item)}
    except Exception as error:  # Whatever it is, the sender is to know.
        said = {"action": "fail", "error": f"{type(error).__name__}: {error}", "failure_type": "retriable"}
    finally:
        done.set()
    try:
        resolve(item, **said)
    except Refused as error:
        print(f"task {item['heddle_task_id']} is no longer ours: {error}", file=sys.stderr)


def main(types):
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    pause = 0.2
    while not stopping.is_set():
        try:
            polling.set()
            items = post("/v1/tasks/poll", {"task_types": types, "max_tasks": 1, "timeout_ms": 1000 * POLL_S}, POLL_S + 10)
            polling.clear()
            pause = 0.2
        except Stopped:
            return
        except Refused as error:
            if error.status < 500 and error.status != 429:
                sys.exit(str(error))
            items = []
        except OSError as error:
            if not stopping.is_set():
                print(f"the gateway is away: {error}", file=sys.stderr)
            items = []
        else:
            for item in items:
                work(item)
            continue
        polling.clear()
        stopping.wait(pause)
        pause = min(pause * 2, 5)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: worker.py <task type>...")
    main(sys.argv[1:])
