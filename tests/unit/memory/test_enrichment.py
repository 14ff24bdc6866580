"""A language model is asked for statements, and believed where it quotes."""

import json
from datetime import UTC, datetime

import pytest

from agent_memory.errors import InvalidRequest
from agent_memory.ids import ThreadId
from agent_memory.memory.enrichment import (
    MAX_CHARACTERS,
    enrichment_prompts,
    read_enrichment,
)
from agent_memory.memory.extraction.chat import chat_material
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.item import Material
from agent_memory.memory.items.kinds import ItemKind, MaterialKind, Role

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CHAT = chat_material(
    ThreadId("t"),
    [
        ChatMessage(Role.USER, "Billing runs on PostgreSQL, that is settled.", "ann", None, {}),
        ChatMessage(Role.ASSISTANT, "Then src/billing.py must never import redis.", None, None, {}),
    ],
    NOW,
)


def answer(*statements: tuple[str, str]) -> str:
    return json.dumps({"statements": [{"kind": k, "quote": q} for k, q in statements]})


def test_a_quoted_statement_becomes_an_item_that_leads_back_to_its_words() -> None:
    quote = "Billing runs on PostgreSQL, that is settled."
    (draft,) = read_enrichment(answer(("decision", quote)), CHAT, "gpt").drafts
    assert (draft.kind, draft.text, draft.role) == (ItemKind.DECISION, quote, Role.USER)
    assert CHAT.text[draft.span.begin : draft.span.end] == quote
    assert draft.speaker == "ann"
    assert draft.confidence < 1
    assert draft.metadata == {"enriched_by": "gpt"}


def test_files_that_it_speaks_of_link_it() -> None:
    said = answer(("constraint", "Then src/billing.py must never import redis."))
    (draft,) = read_enrichment(said, CHAT, "gpt").drafts
    assert "src/billing.py" in {key.value for key in draft.keys}
    assert draft.role is Role.ASSISTANT


def test_what_nobody_said_is_left_out_and_counted() -> None:
    found = read_enrichment(answer(("decision", "Billing runs on MySQL.")), CHAT, "gpt")
    assert (found.drafts, found.num_unfounded) == ((), 1)


def test_unknown_kinds_and_empty_quotes_are_left_out() -> None:
    said = answer(("diff", "settled."), ("task", "  "), ("chat", "settled."))
    assert read_enrichment(said, CHAT, "gpt").drafts == ()


def test_an_answer_in_a_fence_is_read() -> None:
    said = f"Sure!\n```json\n{answer(('decision', 'that is settled.'))}\n```"
    assert len(read_enrichment(said, CHAT, "gpt").drafts) == 1


@pytest.mark.parametrize("said", ["", "I cannot do that.", "{}", '{"statements": 3}', "{not json}"])
def test_an_answer_that_is_not_what_was_asked_for_is_refused(said: str) -> None:
    with pytest.raises(InvalidRequest, match="not the demanded JSON"):
        read_enrichment(said, CHAT, "gpt")


def test_a_long_text_is_shown_in_parts_that_lose_nothing() -> None:
    text = "".join(f"line {n} of a long log\n" for n in range(4000))
    material = Material(ThreadId("t"), MaterialKind.LOG, text, NOW)
    parts = [prompt.user for prompt in enrichment_prompts(material)]
    assert "".join(parts) == text
    assert all(len(part) <= MAX_CHARACTERS and part.endswith("\n") for part in parts)
