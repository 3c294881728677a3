"""Heddle's own actors, started from Python where Heddle's command line cannot start them or breaks them.

    python actors.py pipeline <config> <url>       `heddle pipeline` fails every goal of 0.9.2
    python actors.py orchestrator <config> <url>   `heddle orchestrator` does not start in 0.9.2
"""

import asyncio
import json
import sys

from heddle.orchestrator.pipeline import PipelineOrchestrator
from heddle.orchestrator.runner import OrchestratorActor
from heddle.worker.backends import LLMBackend


class Planner(LLMBackend):
    """A model that always plans one task for the echo worker, and is content with what comes back."""

    async def complete(self, system_prompt, user_message, max_tokens=2000, temperature=0.0, *, tools=None, messages=None):
        plan = [{"worker_type": "echo", "payload": {"text": "planned"}, "model_tier": "local"}]
        return {
            "content": json.dumps(plan),
            "model": "none",
            "prompt_tokens": 0,
            "completion_tokens": 0,
            "tool_calls": None,
            "stop_reason": "end_turn",
        }


def main(kind: str, config: str, url: str) -> None:
    if kind == "pipeline":
        actor, group = PipelineOrchestrator("pipeline", config, nats_url=url), "pipelines"
    else:
        actor, group = OrchestratorActor("orchestrator", config, Planner(), nats_url=url), "orchestrators"
    asyncio.run(actor.run("heddle.goals.incoming", queue_group=group))


main(*sys.argv[1:4])
