"""Causes of a miss in the words of both vendors."""

from dataclasses import replace
from typing import Any

import pytest

from agent_memory.api.translators.cache_diagnostics import (
    Comparison,
    anthropic_cache_diagnostics,
    openai_cache_diagnostics,
)
from agent_memory.prompts.shape import PromptShape
from agent_memory.turns.overlap import Overlap

SHAPE = PromptShape(model="m", tools="t", system="s", thinking="y")
CUT = Overlap(num_common=30, num_before=100, num_prompt=120)


def comparison(**changes: str) -> Comparison:
    return Comparison(replace(SHAPE, **changes), SHAPE, is_found=True)


@pytest.mark.parametrize(
    ("compared", "overlap", "openai", "anthropic"),
    [
        (comparison(), replace(CUT, is_other_model=True), "model_changed", "model_changed"),
        (comparison(tools="u"), CUT, "tools_changed", "tools_changed"),
        (comparison(system="u"), CUT, "input_changed", "system_changed"),
        (comparison(), replace(CUT, has_other_messages=True), "input_changed", "messages_changed"),
        (
            replace(comparison(), is_compacted=True),
            replace(CUT, has_other_messages=True),
            "context_compacted",
            "messages_changed",
        ),
        (comparison(thinking="n"), CUT, "reasoning_effort_changed", None),
        (comparison(text_format="f"), CUT, "text_format_changed", None),
        (comparison(reasoning_effort="e"), CUT, "reasoning_effort_changed", None),
        (comparison(verbosity="v"), CUT, "verbosity_changed", None),
        (comparison(cache_key="k"), CUT, "prompt_cache_key_changed", None),
        (comparison(service_tier="x"), CUT, "service_tier_changed", None),
        (comparison(), CUT, "input_changed", None),
        (Comparison(SHAPE, None, is_found=True), CUT, "input_changed", None),
    ],
)
def test_each_cause_has_its_word(
    compared: Comparison, overlap: Overlap, openai: str, anthropic: str | None
) -> None:
    assert openai_cache_diagnostics(compared, overlap) == {
        "type": "cache_miss",
        "reason": openai,
        "cache_missed_tokens": 90,
        "comparison_reusable_tokens": 30,
    }
    found: Any = anthropic_cache_diagnostics(compared, overlap)
    if anthropic is None:
        assert found == {"cache_miss_reason": {"type": "unavailable"}}
    else:
        reason = {"type": anthropic, "cache_missed_input_tokens": 70}
        assert found == {"cache_miss_reason": reason}


def test_of_several_changes_the_first_in_the_prompt_is_named() -> None:
    compared = comparison(tools="u", system="u", thinking="n")

    openai: Any = openai_cache_diagnostics(compared, CUT)

    assert openai["reason"] == "tools_changed"


@pytest.mark.parametrize(("num_prompt", "num_common"), [(120, 100), (120, 101), (60, 60)])
def test_a_prompt_that_goes_on_or_ends_before_is_a_hit(num_prompt: int, num_common: int) -> None:
    whole = Overlap(num_common, 100, num_prompt)

    assert openai_cache_diagnostics(comparison(tools="u"), whole) == {"type": "cache_hit"}
    assert anthropic_cache_diagnostics(comparison(tools="u"), whole) is None


@pytest.mark.parametrize("overlap", [None, Overlap(100, 100, 120, is_lost=True)])
def test_what_is_not_the_requests_doing_is_unavailable(overlap: Overlap | None) -> None:
    unavailable = {"type": "unavailable"}

    assert openai_cache_diagnostics(comparison(), overlap) == unavailable
    assert anthropic_cache_diagnostics(comparison(), overlap) == {"cache_miss_reason": unavailable}


def test_an_answer_that_is_not_there_is_not_found() -> None:
    compared = Comparison(SHAPE, None, is_found=False)

    assert openai_cache_diagnostics(compared, None) == {"type": "comparison_response_not_found"}
    assert anthropic_cache_diagnostics(compared, None) == {
        "cache_miss_reason": {"type": "previous_message_not_found"}
    }
