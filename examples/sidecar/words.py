"""A sidecar of a worker: counts words, for whoever asks on its socket. One JSON object a line, in and out.

    heddle-ts worker --config count.yaml --handler ./count.mjs --sidecar "python3 words.py"

It listens where HEDDLE_SIDECAR_ADDRESS says (host:port), else on a free port, and says so on its standard output. When its
standard input ends, it ends too. Standard library only.
"""
import json
import os
import socketserver
import sys
import threading
from collections import Counter


class Words(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            try:
                text = json.loads(line)["text"]
                answer = {"words": dict(Counter(text.lower().split()))}
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                answer = {"error": repr(error)}
            self.wfile.write(json.dumps(answer).encode() + b"\n")


def main():
    host, _, port = os.environ.get("HEDDLE_SIDECAR_ADDRESS", "127.0.0.1:0").rpartition(":")
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    socketserver.ThreadingTCPServer.daemon_threads = True
    with socketserver.ThreadingTCPServer((host or "127.0.0.1", int(port)), Words) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(json.dumps({"type": "ready", "address": "%s:%d" % server.server_address[:2]}), flush=True)
        # The worker closes this when it ends.
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
