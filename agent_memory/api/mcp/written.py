"""The answer of a tool as the model reads it: one line of JSON, whose tokens count."""

from collections.abc import Mapping

import orjson

from agent_memory.memory.ports import TokenCounter


def written(answer: Mapping[str, object]) -> str:
    """The same text for the same answer."""
    return orjson.dumps(answer).decode()


def num_tokens(answer: Mapping[str, object], counter: TokenCounter) -> int:
    """How many the whole answer has, with its names and what JSON escapes."""
    return counter.count(written(answer))
