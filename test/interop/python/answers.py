"""A worker that somebody wrote for a Heddle bus: right, or wrong in one of the ways named here.

    python answers.py <way> <url> <subject> [queue group]
"""

import asyncio
import json
import sys

import nats


def right(task: dict) -> dict:
    return {
        "task_id": task["task_id"],
        "parent_task_id": task.get("parent_task_id"),
        "worker_type": task["worker_type"],
        "status": "completed",
        "output": {"pages": 3},
        "processing_time_ms": 5,
    }


def without(task: dict, key: str) -> dict:
    return {name: value for name, value in right(task).items() if name != key}


def frame(task: dict) -> dict:
    return {
        "message_id": "0192f0c4-7c5e-7cc0-8a51-3f2b1c0d9e8f",
        "payload_type": "core.TaskResult",
        "payload": {name: value for name, value in right(task).items() if value is not None},
        "origin": "worker:ocr",
        "correlation_id": task["task_id"],
        "causation_id": None,
        "occurred_at": "2026-05-01T12:00:00Z",
        "recorded_at": "2026-05-01T12:00:00Z",
    }


WAYS = {
    "right": right,
    "processing-first": right,
    "no-task-id": lambda task: without(task, "task_id"),
    "no-worker-type": lambda task: without(task, "worker_type"),
    "no-status": lambda task: without(task, "status"),
    "own-status": lambda task: {**right(task), "status": "done"},
    "text-output": lambda task: {**right(task), "output": "three pages"},
    "fraction": lambda task: {**right(task), "processing_time_ms": 5.25},
    "other-task-id": lambda task: {**right(task), "task_id": "0192f0c4-0000-4000-8000-000000000000"},
    "frame": frame,
    "by-task-id": right,
    "default": right,
}


async def main(way: str, url: str, subject: str, queue: str = "") -> None:
    client = await nats.connect(url)

    async def answer(message) -> None:
        task = json.loads(message.data)
        home = task.get("parent_task_id") or "default"
        if way == "processing-first":
            working = {**right(task), "status": "processing", "output": None}
            await client.publish(f"heddle.results.{home}", json.dumps(working).encode())
        token = {"by-task-id": task["task_id"], "default": "default"}.get(way, home)
        await client.publish(f"heddle.results.{token}", json.dumps(WAYS[way](task)).encode())

    await client.subscribe(subject, queue=queue, cb=answer)
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:5]))
