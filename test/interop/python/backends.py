"""What the processors of these tests do with a task; `heddle processor` loads them by name, as it does anybody's."""

import asyncio

from heddle.worker.processor import ProcessingBackend


class Echo(ProcessingBackend):
    async def process(self, payload, config):
        return {"output": payload, "model_used": None}


class Forgetful(ProcessingBackend):
    """Answers without the key that Heddle reads."""

    async def process(self, payload, config):
        return {"result": payload}


class Stuck(ProcessingBackend):
    async def process(self, payload, config):
        await asyncio.sleep(3600)


class Large(ProcessingBackend):
    """Answers with more than a server takes in one message."""

    async def process(self, payload, config):
        return {"output": {"text": "x" * 2_000_000}, "model_used": None}
