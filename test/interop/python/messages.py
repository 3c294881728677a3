"""Heddle's own models, for the tests that hold our messages to them.

    python messages.py read             lines {"kind", "text"} on stdin; whether the model takes each, as Heddle's actors read it
    python messages.py write <seed> <n> so many messages with odd values, as Heddle's actors write them, one in JSON a line
"""

import json
import random
import sys
from datetime import UTC, datetime, timedelta, timezone

from heddle.core.messages import ModelTier, OrchestratorGoal, TaskMessage, TaskPriority, TaskResult, TaskStatus

MODELS = {"task": TaskMessage, "result": TaskResult, "goal": OrchestratorGoal}


def read() -> None:
    for line in sys.stdin:
        case = json.loads(line)
        try:
            data = json.loads(case["text"].encode("utf-8", "surrogatepass").decode())
            model = MODELS[case["kind"]](**data)
            kept = {name: getattr(model, name) for name in ("payload", "output", "context") if hasattr(model, name)}
            whole = all(data.get(name) == value for name, value in kept.items())
            print(json.dumps({"ok": whole, "why": "" if whole else f"it keeps {kept}"}))
        except Exception as error:
            print(json.dumps({"ok": False, "why": f"{type(error).__name__}: {error}"}))


TEXTS = ["", "a", "ü\u2028", "\U0001f600", "null", "\x00", "a" * 5_000, '"', "\\", "0192f0c4-7c5e-7cc0-8a51-3f2b1c0d9e8f", "a.b", "__proto__"]
NUMBERS = [0, -0.0, 1, 1.0, 2**53 + 1, 10**30, 1e300, 5e-324, -1, 0.1, True, float("nan"), float("inf")]
TIMES = [
    datetime(2026, 4, 29, 12, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 4, 29, 12, 0, 0, 123456),
    datetime(2026, 4, 29, 12, tzinfo=timezone(timedelta(hours=5, minutes=30))),
]


def value(dice: random.Random, depth: int):
    kind = dice.random()
    if depth and kind < 0.25:
        return {dice.choice(TEXTS): value(dice, depth - 1) for _ in range(dice.randrange(4))}
    if depth and kind < 0.4:
        return [value(dice, depth - 1) for _ in range(dice.randrange(4))]
    if kind < 0.7:
        return dice.choice(NUMBERS)
    return dice.choice([*TEXTS, None, False])


def mapping(dice: random.Random) -> dict:
    return {dice.choice(TEXTS): value(dice, 3) for _ in range(dice.randrange(5))}


def text(dice: random.Random):
    return dice.choice([None, *TEXTS])


def message(dice: random.Random, kind: str):
    shared = {"request_id": text(dice), "priority": dice.choice(list(TaskPriority)), "created_at": dice.choice(TIMES)}
    if kind == "task":
        return TaskMessage(
            task_id=dice.choice(TEXTS),
            parent_task_id=text(dice),
            worker_type=dice.choice(TEXTS),
            payload=mapping(dice),
            model_tier=dice.choice(list(ModelTier)),
            metadata=mapping(dice),
            **shared,
        )
    if kind == "goal":
        return OrchestratorGoal(goal_id=dice.choice(TEXTS), instruction=dice.choice(TEXTS), context=mapping(dice), **shared)
    return TaskResult(
        task_id=dice.choice(TEXTS),
        parent_task_id=text(dice),
        worker_type=dice.choice(TEXTS),
        status=dice.choice(list(TaskStatus)),
        output=dice.choice([None, mapping(dice)]),
        error=text(dice),
        model_used=text(dice),
        token_usage=dice.choice([{}, {"prompt_tokens": 0, "completion_tokens": 2**40}]),
        metadata=mapping(dice),
        processing_time_ms=dice.choice([0, 1, -1, 2**40]),
        completed_at=dice.choice(TIMES),
    )


def write(seed: str, count: str) -> None:
    dice = random.Random(int(seed))
    for at in range(int(count)):
        kind = list(MODELS)[at % 3]
        # As heddle.bus.nats_adapter publishes what an actor dumped.
        print(json.dumps({"kind": kind, "text": json.dumps(message(dice, kind).model_dump(mode="json"))}))


read() if sys.argv[1] == "read" else write(*sys.argv[2:4])
