import json
import sys

for line in sys.stdin:
    task = json.loads(line)
    payload = task["payload"]
    text = payload.pop("text")
    if text == "bad":
        answer = {"task_id": task["task_id"], "error": "that text is bad"}
    else:
        answer = {"task_id": task["task_id"], "output": {"words": len(text.split()), **payload}}
    print(json.dumps(answer), flush=True)
