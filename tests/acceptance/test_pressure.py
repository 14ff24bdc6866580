"""Too little room for all turns at once: a client sees a pause and nothing else."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from agent_memory.settings import MIB
from agent_memory.testing.models import make_model_folder
from tests.acceptance.server import Server

EOS = 2
NUM_TOKENS = 320
"""With its prompt, one such turn has room in 16 MiB of this model's KV, and two have not."""


@pytest.fixture(scope="module")
def narrow(
    data_dir: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server with as little memory for KV as can be set, and a model whose KV is large."""
    model = make_model_folder(tmp_path_factory.mktemp("large") / "much-kv", "much-kv")
    running = Server(data_dir(), model, resident_budget=str(16 * MIB)).start()
    yield running
    running.discard()


def a_turn(question: str, tier: str) -> dict[str, object]:
    return {
        "model": "served",
        "messages": [{"role": "user", "content": question}],
        "max_tokens": NUM_TOKENS,
        "temperature": 1.0,
        "seed": 5,
        "logit_bias": {str(EOS): -100},
        "service_tier": tier,
        "stream": True,
    }


def say(server: Server, question: str, tier: str) -> Iterator[str]:
    """An answer, text by text."""
    with httpx.stream(
        "POST",
        f"{server.url}/v1/chat/completions",
        json=a_turn(question, tier),
        headers={"Authorization": f"Bearer {server.key}"},
        timeout=300,
    ) as response:
        assert response.status_code == 200, response.read()
        for line in response.iter_lines():
            if line.startswith("data: {"):
                event = orjson.loads(line.removeprefix("data: "))
                assert "error" not in event, line
                yield from (choice["delta"].get("content") or "" for choice in event["choices"])


def figure(server: Server, name: str) -> int:
    """A counter of the server, with its labels."""
    headers = {"Authorization": f"Bearer {server.key}"}
    metrics = httpx.get(f"{server.url}/metrics", headers=headers, timeout=60).text
    found = re.search(rf"^{re.escape(name)} (\d+)", metrics, re.MULTILINE)
    assert found is not None
    return int(found.group(1))


def num_preemptions(server: Server) -> int:
    return figure(server, "agent_memory_preemptions_total")


def test_a_turn_that_makes_room_for_another_says_what_it_would_have_said(narrow: Server) -> None:
    alone = "".join(say(narrow, "Which way to the lighthouse?", "default"))
    assert num_preemptions(narrow) == 0
    patient = say(narrow, "Which way to the harbour?", "flex")
    begun = next(text for text in patient if text)
    assert "".join(say(narrow, "Which way to the lighthouse?", "default")) == alone
    assert num_preemptions(narrow) == 1
    interrupted = begun + "".join(patient)
    assert interrupted == "".join(say(narrow, "Which way to the harbour?", "default"))
    # What gave way rested in memory.
    assert figure(narrow, 'agent_memory_prompt_tokens_total{source="memory"}') > 0
    assert figure(narrow, 'agent_memory_prompt_tokens_total{source="shelf"}') == 0
