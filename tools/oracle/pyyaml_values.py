"""What the real PyYAML makes of texts, for the tests to compare with.

    python tools/oracle/pyyaml_values.py test/config/pyyaml-cases.json test/config/pyyaml-values.json

Reads {"row": ["yaml text", ...]}; writes for each text `ok` with the value, `invalid` (a YAML error) or `crash` (any other
exception), as `heddle validate` would meet them: the file is opened as UTF-8 text. npm test does not need Python.
"""

import datetime
import importlib.metadata
import io
import json
import pathlib
import platform
import sys

import yaml


def shown(value, inside=frozenset()):
    """Type and value in JSON, keys in order, recursion cut."""
    if value is None or isinstance(value, (datetime.date, bytes, set, tuple)):
        return [type(value).__name__]
    if isinstance(value, (bool, str)):
        return [type(value).__name__, value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", repr(value)]
    if id(value) in inside:
        return ["recursion"]
    inside = inside | {id(value)}
    if isinstance(value, list):
        return ["list", [shown(item, inside) for item in value]]
    return ["dict", [[shown(key, inside), shown(item, inside)] for key, item in value.items()]]


def measured(text: str) -> dict:
    try:
        value = yaml.safe_load(io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8").read())
    except yaml.YAMLError:
        return {"verdict": "invalid"}
    except Exception as error:
        return {"verdict": "crash", "python": type(error).__name__}
    return {"verdict": "ok", "value": shown(value)}


def main(source: str, target: str) -> None:
    rows = json.loads(pathlib.Path(source).read_text(encoding="utf-8"))
    values = {row: [measured(text) for text in texts] for row, texts in rows.items()}
    versions = {"python": platform.python_version(), "pyyaml": importlib.metadata.version("pyyaml")}
    text = json.dumps({"measured": versions, "values": values}, ensure_ascii=True, separators=(",", ":"))
    pathlib.Path(target).write_text(text.replace('],"', '],\n"').replace("]},{", "]},\n{") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
