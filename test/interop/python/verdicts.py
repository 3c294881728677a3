"""What the real `heddle validate` says of configs: one in base64 a line on stdin, one verdict in JSON a line on stdout."""

import base64
import importlib.util
import json
import pathlib
import sys
import tempfile

ORACLE = pathlib.Path(__file__).parents[3] / "tools" / "oracle" / "heddle_verdicts.py"


def oracle():
    spec = importlib.util.spec_from_file_location("heddle_verdicts", ORACLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    verdict = oracle().verdict
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            print(json.dumps(verdict(base64.b64decode(line), folder)))


main()
