"""Texts that a client carries for us."""

import pytest

from agent_memory.sealed_text import TextSeal

SEAL = TextSeal(b"a secret")


def test_a_text_opens_where_it_was_sealed() -> None:
    sealed = SEAL.seal("ws", "thinking, é 😀")
    assert TextSeal(b"a secret").open("ws", sealed) == "thinking, é 😀"
    assert SEAL.seal("ws", "thinking, é 😀") != sealed


@pytest.mark.parametrize("change", ["cut", "flip", "scope", "secret", "plain"])
def test_what_was_not_sealed_here_for_it_does_not_open(change: str) -> None:
    sealed = SEAL.seal("ws", "thinking")
    flipped = sealed[:-3] + ("A" if sealed[-3] != "A" else "B") + sealed[-2:]
    opened = {
        "cut": lambda: SEAL.open("ws", sealed[:-8]),
        "flip": lambda: SEAL.open("ws", flipped),
        "scope": lambda: SEAL.open("other", sealed),
        "secret": lambda: TextSeal(b"another").open("ws", sealed),
        "plain": lambda: SEAL.open("ws", "am1.thinking"),
    }
    assert opened[change]() is None
