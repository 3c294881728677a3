"""Measures what Python does with the inputs below, and writes the answers beside this file.

    python3 measure.py [path to heddle/core/contracts.py]

pydantic-*.json  what pydantic (lax mode) takes: the models of CONTRACT section 2, generations A and B
repr.json        repr() of texts
shallow.json     Heddle's shallow check; measured only when its file is named
The tests read the answers; nobody needs Python to run them.
"""
from __future__ import annotations

import json
import random
import sys
import types
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError, create_model

HERE = Path(__file__).parent


def words(name: str, *values: str) -> type[StrEnum]:
    return StrEnum(name, {value.upper(): value for value in values})


Priority = words("Priority", "low", "normal", "high", "critical")
StatusB = words("StatusB", "pending", "processing", "completed", "failed")
StatusA = words("StatusA", "pending", "processing", "completed", "failed", "retry")
Tier = words("Tier", "local", "standard", "frontier")
Text = (str, ...)
TextOrNull = (str | None, None)
Map = (dict[str, Any], Field(default_factory=dict))
Now = (datetime, Field(default_factory=datetime.now))

task = dict(task_id=(str, "id"), parent_task_id=TextOrNull, worker_type=Text, payload=(dict[str, Any], ...),
            model_tier=(Tier, Tier.STANDARD), priority=(Priority, Priority.NORMAL), created_at=Now,
            request_id=TextOrNull, metadata=Map)
result = dict(task_id=Text, parent_task_id=TextOrNull, worker_type=Text, output=(dict[str, Any] | None, None),
              error=TextOrNull, model_used=TextOrNull, token_usage=(dict[str, int], Field(default_factory=dict)),
              processing_time_ms=(int, 0), completed_at=Now)
goal = dict(goal_id=(str, "id"), instruction=Text, context=Map, request_id=TextOrNull,
            priority=(Priority, Priority.NORMAL), created_at=Now)
checkpoint = dict(goal_id=Text, original_instruction=Text, executive_summary=Text,
                  completed_tasks=(list[dict[str, Any]], ...), pending_tasks=(list[dict[str, Any]], ...),
                  open_issues=(list[str], ...), decisions_made=(list[str], ...), context_token_count=(int, ...),
                  checkpoint_number=(int, ...), created_at=Now)
MODELS: dict[str, tuple[type[BaseModel], type[BaseModel]]] = {
    "task": (create_model("TaskA", **task, max_retries=(int, 2), retry_count=(int, 0)), create_model("TaskB", **task)),
    "result": (create_model("ResultA", **result, status=(StatusA, ...)),
               create_model("ResultB", **result, status=(StatusB, ...), metadata=Map)),
    "goal": (create_model("Goal", **goal),) * 2,
    "checkpoint": (create_model("Checkpoint", **checkpoint),) * 2,
}


def locations(model: type[BaseModel], data: Any) -> list[str]:
    try:
        model(**data)
    except ValidationError as error:
        return sorted({"/" + "/".join(map(str, one["loc"])) for one in error.errors()})
    return []


def judged(kind: str, text: str) -> dict[str, Any]:
    a, b = (locations(model, json.loads(text)) for model in MODELS[kind])
    return {"kind": kind, "text": text, "A": a, "B": b}


BASE = {
    "task": {"worker_type": "w", "payload": {}},
    "result": {"task_id": "t", "worker_type": "w", "status": "completed"},
    "goal": {"instruction": "i"},
    "checkpoint": {"goal_id": "g", "original_instruction": "", "executive_summary": "", "completed_tasks": [],
                   "pending_tasks": [{}], "open_issues": [""], "decisions_made": [], "context_token_count": 1,
                   "checkpoint_number": 2},
}
ODD = ["null", "true", "0", "5", "2.5", '""', '"text"', "[]", "[1]", "{}", '{"a":1}', '{"a":"5","b":true,"c":5.5,"d":null}']
FIELDS = {kind: sorted(set(MODELS[kind][0].model_fields) | set(MODELS[kind][1].model_fields)) for kind in MODELS}


def with_field(kind: str, field: str, raw: str) -> str:
    rest = {key: value for key, value in BASE[kind].items() if key != field}
    members = [f"{json.dumps(key)}:{json.dumps(value)}" for key, value in rest.items()]
    return "{" + ",".join([*members, f"{json.dumps(field)}:{raw}"]) + "}"


def messages() -> list[dict[str, Any]]:
    texts = [(kind, with_field(kind, field, raw)) for kind in MODELS for field in FIELDS[kind] for raw in ODD]
    for kind in MODELS:
        texts += [(kind, "{}"), (kind, json.dumps(BASE[kind]))]
        for left_out in BASE[kind]:
            texts.append((kind, json.dumps({k: v for k, v in BASE[kind].items() if k != left_out})))
    for tier in ["local", "standard", "frontier", "LOCAL", " local", "local ", "local\n", "gpu", ""]:
        texts.append(("task", with_field("task", "model_tier", json.dumps(tier))))
    for priority in ["low", "normal", "high", "critical", "HIGH", "urgent"]:
        texts += [(k, with_field(k, "priority", json.dumps(priority))) for k in ("task", "goal")]
    for status in ["pending", "processing", "completed", "failed", "retry", "done", "Completed"]:
        texts.append(("result", with_field("result", "status", json.dumps(status))))
    for name in ["", "my worker", "a.b", "*", ">", "ü", "\ud800", "x\n"]:
        texts.append(("task", with_field("task", "worker_type", json.dumps(name))))
    texts += [("task", '{"worker_type":"w","payload":{},"extra":1,"_trace_context":{"traceparent":5},"__proto__":{"a":1},"constructor":1}'),
              ("task", '{"worker_type":"w","payload":{"__proto__":1},"worker_type":5}'),
              ("task", '{"worker_type":5,"payload":{},"worker_type":"last wins"}')]
    return [judged(kind, text) for kind, text in texts]


TIMES = ["2026-04-29", "2026-04-29T12:00:00", "2026-04-29T12:00", "2026-04-29T12:00Z", "2026-04-29T12:00:00Z", "2026-04-29T12:00:00.123Z",
         "2026-04-29T12:00:00.123456Z", "2026-04-29T12:00:00,5Z", "2026-04-29 12:00:00Z", "2026-04-29_12:00:00Z", "2026-04-29t12:00:00z",
         "2026-04-29x12:00:00Z", "2026-04-29T12:00:00+02:00", "2026-04-29T12:00:00+0200", "2026-04-29T12:00:00+02", "2026-04-29T12:00:00\u221202:00",
         "2026-04-29T12:00:00+24:00", "2026-04-29T12:00:00+23:59", "2026-04-29T12:00:00-23:59", "2026-04-29T12:00:00+02:60", "2026-04-29T12:00:00+2:00",
         "2026-04-29T12:00:00.", "2026-04-29T12:00:00.Z", "2026-04-29T12:00:00.1234567", "2026-04-29T12:00:00.123456789Z",
         "2026-04-29T12:00:00.1234567890123456789012345Z", "2026-04-29T12:00:60Z", "2026-04-29T12:60:00Z", "2026-04-29T24:00:00Z", "2026-04-29T23:59:59Z",
         "2026-04-29T12", "2026-04-29T", "2026-04-29T12:", "2026-04-29T12:0", "2026-04-29T12:00:0", "2026-04-29T12:00:", "", "20260429", "20260429T120000Z",
         "02026-04-29", "12026-04-29T12:00:00Z", "2026-4-29", "2026-04-9", "2026-02-29", "2024-02-29", "1900-02-29", "2000-02-29", "2026-02-28T00:00:00Z",
         "2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-00-10", "2026-13-01", "2026-01-00", "2026-01-32", "2026-04-31",
         "2026-04-30T00:00:00Z", "2026-04-31T00:00:00Z", "2026-12-31T00:00:00Z", "2026-11-31T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z",
         "0000-01-01", "0001-01-01", "9999-12-31T23:59:59.999999Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00",
         " 2026-04-29", "2026-04-29 ", "2026-04-29T12:00:00Z ", "2026-04-29T12:00:00 Z", " 2026-04-29T12:00:00Z", "2026-04-29Z", "2026-04-29+01:00",
         "2026-04-29T12:00:00ZZ", "2026-04-29T12:00:00Z+01:00", "2026-04-29T12:00:00+01:00Z", "2026-04-29T12.00.00Z", "2026/04/29", "2026-04/29",
         "2026-04-29T12:00:00Z\n", "2026-04-29T12:00:00Z\u0000", "-2026-04-29", "+2026-04-29", "2026-W05-1", "2026-120", "Wed, 29 Apr 2026", "now",
         "\uff12\uff10\uff12\uff16-04-29", "2026-04-29T12:00:0\u0665Z", "\ud800", "1714392000", "-1", "+1714392000", "1714392000.5", "1714392000.", "  1714392000",
         ".5", "-.5", ".", "-", "+", "--1", "0", "00", "1e9", "1_714", "0x10", "nan", "NaN", "inf", "-inf", "Infinity", "1714392000e0", "1.5.5", "1714392000,5",
         "99999999999999999999", "9" * 30, "1." + "5" * 50, "253402300799", "253402300800", "-62135596800", "-62135596801", "-62167219200", "20000000000",
         "20000000001", "-20000000000", "-20000000001", "253402300799999", "253402300800000", "-62135596800000", "-62135596800001"]
TIME_NUMBERS = ["0", "-0", "1714392000", "1714392000000", "1714392000000000", "1.5e9", "1e300", "-1e300", "true", "false", "253402300799", "253402300800",
                "253402300799999", "253402300800000", "-62135596800", "-62135596801", "-62135596800000", "-62135596800001", "-62167219200", "-62167219200000",
                "20000000000", "20000000000.5", "20000000001", "-20000000000", "-20000000001", "99999999999999999999", "253402300799.9", "253402300799999.9",
                "253402300799999.99999", "0.1", "-0.5", "9223372036854775807", "9223372036854775808", "1e-400", "NaN", "Infinity", "-Infinity"]
INTS = ['"3"', '"3.0"', '"3."', '".0"', '"+3"', '"-3"', '" 3 "', '"\\u00a03"', '"\\u30003"', '"\\t3\\n"', '"\\u001f3"', '"\\u00003"', '"\\ufeff3"', '"\\u200b3"',
        '"\\u00853"', '"\\u20283"', '"1_000"', '"1__0"', '"_1"', '"1_"', '"1_000.0"', '"1_0.0_0"', '"007"', '"-007"', '"0"', '"-0"', '"00"', '"0_0"', '"3.5"',
        '"3.00000"', '"3.0 "', '"3e0"', '"1e3"', '"0x1"', '""', '" "', '"-"', '"+"', '"+-3"', '"- 3"', '"\\u0663"', '"\\uff13"', '"nan"', '"1 0"', '"--3"',
        '"1.0.0"', '"-3.0"', '"+3.0"', '"0.0"', '"-0.0"', '"_"', '"1_000_000"', '"99999999999999999999"', '"99999999999999999999.0"', '"1_0_"', '"1_.0"',
        '"1._0"', '"0_1"', '"true"', "3", "3.0", "-3.0", "-0.0", "1e3", "2.5", "1e18", "9.2e18", "9223372036854775807", "9223372036854775808",
        "99999999999999999999", "9007199254740993", "NaN", "Infinity", "-Infinity", "true", "false", "null", "[]", "{}", "5e-1", "10e-1", "0e5",
        '"' + "9" * 4300 + '"', '"' + "9" * 4301 + '"']
TEXTS = ["", "plain", "it's", 'say "hi"', "both ' and \"", "back\\slash", "tab\tnl\ncr\r", "\x00\x1b\x7f", "\x80\x85\xa0\xad", "\u00e9\u00fc\u00df", "\u200b\u200e\u2028\u2029",
         "\u3000\ufeff", "\ud800", "a\udfffb", "\U0001f600", "\U000e0001", "\ue000", "\U0010ffff", "\u0378", "x" * 10, "'", '"', "\\'", "input: missing required field 'x'"]


def data_texts(generator: random.Random) -> list[str]:
    values = ["null", "true", "false", "0", "1", "-1", "1.0", "1e3", "1E3", "2.5", "-0.0", "NaN", "Infinity", "123456789012345678901234567890", '""', '"s"', '"1.0"', "[]", "[1]", "{}", '{"a":1}']
    texts = [f'{{"f":{value}}}' for value in values] + values
    for _ in range(120):
        keys = generator.sample(["a", "b", "c", "f", "0", "10", "2", "__proto__", "x y", "\u00fc"], generator.randint(0, 5))
        texts.append("{" + ",".join(f"{json.dumps(key)}:{generator.choice(values)}" for key in keys) + "}")
    return texts


def schemas(generator: random.Random) -> list[Any]:
    kinds = ["boolean", "integer", "number", "string", "array", "object", "null", "odd", None, ["string", "null"], 5]
    fixed: list[Any] = [{"type": "object", "properties": {"f": {"type": kind}}} for kind in kinds]
    fixed += [{}, None, [], "", 0, False, {"type": "array"}, {"type": ["object"]}, {"required": ["f"]}, {"type": "object"},
              {"type": "object", "required": "fg"}, {"type": "object", "required": ""}, {"type": "object", "required": None},
              {"type": "object", "required": 5}, {"type": "object", "required": {"f": 1, "g": 2}}, {"type": "object", "required": [1, None, True, 1.5, "f"]},
              {"type": "object", "required": [["f"]]}, {"type": "object", "required": [{"f": 1}]}, {"type": "object", "properties": None},
              {"type": "object", "properties": ["f"]}, {"type": "object", "properties": {"f": None}}, {"type": "object", "properties": {"f": "string"}},
              {"type": "object", "properties": {"f": []}}, {"type": "object", "properties": {"zz": None}}, [1], "text", 5, True,
              {"type": "object", "required": ["it's", "\n"], "properties": {}}]
    for _ in range(60):
        keys = generator.sample(["a", "b", "c", "f", "x y", "\u00fc"], generator.randint(0, 6))
        properties = {key: {"type": generator.choice(kinds)} for key in keys}
        fixed.append({"type": "object", "required": generator.sample(["a", "b", "c", "f", "0", "zz"], generator.randint(0, 4)), "properties": properties})
    return fixed


def shallow(contracts: Path) -> list[dict[str, Any]]:
    log = types.SimpleNamespace(warning=lambda *a, **k: None)
    sys.modules["structlog"] = types.SimpleNamespace(get_logger=lambda: log)  # type: ignore[assignment]
    module: dict[str, Any] = {"__name__": "contracts"}
    exec(compile(contracts.read_text(), str(contracts), "exec"), module)
    generator = random.Random(12)
    texts, rules = data_texts(generator), schemas(generator)
    cases = generator.sample([(schema, text) for schema in rules[:40] for text in texts[:42]], 500)
    cases += [(generator.choice(rules[40:]), generator.choice(texts)) for _ in range(400)]
    out = []
    for schema, text in cases:
        try:
            errors = module["validate_input"](json.loads(text), schema)
            wrapped = f"Input validation: {errors}" if errors else None
        except Exception:  # what crashes Python is an error in the list here
            errors, wrapped = "crash", None
        out.append({"schema": schema, "data": text, "errors": errors, **({"wrapped": wrapped} if wrapped else {})})
    return out


def write(name: str, rows: list[Any]) -> None:
    lines = ",\n".join(json.dumps(row) for row in rows)
    (HERE / name).write_text(f"[\n{lines}\n]\n")


write("pydantic-messages.json", messages())
write("pydantic-times.json", [judged("task", with_field("task", "created_at", raw)) for raw in [*map(json.dumps, TIMES), *TIME_NUMBERS]])
write("pydantic-ints.json", [judged("result", with_field("result", "processing_time_ms", raw)) for raw in INTS])
write("repr.json", [{"text": text, "repr": repr(text)} for text in TEXTS])
if len(sys.argv) > 1:
    write("shallow.json", shallow(Path(sys.argv[1])))
