"""What the real PyYAML and the real `heddle validate` say of configs, for the tests to compare with.

    python tools/oracle/heddle_verdicts.py test/validate/oracle-cases.json test/validate/oracle-verdicts.json

Reads {"name": "yaml text"}; writes the verdict of each with the versions of what was measured. Needs heddle-ai; npm test does not.
"""

import importlib.metadata
import json
import pathlib
import platform
import re
import sys
import tempfile


def key_of(message: str, path: str) -> str:
    """The key that a message of heddle validate is about."""
    if message.startswith("File not found"):
        return "file"
    if message.startswith("Invalid YAML"):
        return "yaml"
    if message.startswith("File is empty"):
        return "mapping"
    if message.startswith("Cannot detect"):
        return "type"
    rest = re.sub(r"^(?:\w+ )?config at " + re.escape(path) + r": ", "", message, flags=re.S)
    place = re.match(r"([a-z_]+\[\d+\])(?:: |$)", rest)
    prefix = ""
    if place:
        prefix, rest = place.group(1), rest[place.end() :]
        if rest.startswith("expected dict"):
            return prefix
    found = re.match(r"('?)([a-z_]+(?:\.[a-z_]+)?(?:\['.*?'\])?)\1(?= |$|: )", rest, flags=re.S)
    if rest.startswith("duplicate stage name"):
        key = "name"
    elif rest.startswith("unknown silo type"):
        key = "type"
    elif rest.startswith("condition operator"):
        key = "condition"
    elif rest.startswith("depends_on"):
        key = "depends_on"
    elif m := re.match(r"(checkpoint\.\w+|\w+_schema(?:\.\w+)?(?:\['.*?'\])?|input_mapping\['.*?'\]|knowledge_sources\[\d+\])", rest, flags=re.S):
        key = m.group(1)
        if key.startswith("knowledge_sources"):
            key += ".required"
    elif m := re.search(r"'([a-z_]+)'", rest):
        key = m.group(1)
    else:
        key = found.group(2) if found else "?" + rest
    return f"{prefix}.{key}" if prefix else key


def verdict(content: bytes, folder: str) -> dict:
    from heddle.cli.validate import _validate_file

    path = pathlib.Path(folder) / "config.yaml"
    path.write_bytes(content)
    try:
        valid, kind, errors = _validate_file(path)
    except Exception as error:  # what the command line would show as a traceback
        return {"type": "unknown", "valid": False, "keys": ["crash"], "python": type(error).__name__}
    return {"type": kind, "valid": valid, "keys": [key_of(error, str(path)) for error in errors]}


def main(source: str, target: str) -> None:
    cases = json.loads(pathlib.Path(source).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        verdicts = {name: verdict(text.encode("utf-8", "surrogatepass"), folder) for name, text in cases.items()}
    measured = {
        "python": platform.python_version(),
        "pyyaml": importlib.metadata.version("pyyaml"),
        "heddle-ai": importlib.metadata.version("heddle-ai"),
    }
    text = json.dumps({"measured": measured, "verdicts": verdicts}, indent=1, ensure_ascii=True)
    pathlib.Path(target).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
