"""Whose prompts are kept."""

import pytest

from agent_memory.access.prompt_policy import PromptPolicy, check_policy
from agent_memory.errors import InvalidRequest
from agent_memory.ids import KeyId

ANN, BOB = KeyId("aaaa"), KeyId("bbbb")


def test_nobodys_prompts_are_kept_by_default() -> None:
    assert not PromptPolicy().keeps(ANN)


def test_a_key_is_kept_or_left_out_whatever_holds_for_the_others() -> None:
    only_ann = PromptPolicy(on_for_keys=frozenset({ANN}))
    assert (only_ann.keeps(ANN), only_ann.keeps(BOB)) == (True, False)
    all_but_ann = PromptPolicy(is_on=True, off_for_keys=frozenset({ANN}))
    assert (all_but_ann.keeps(ANN), all_but_ann.keeps(BOB)) == (False, True)


@pytest.mark.parametrize(
    ("ours", "others", "days", "field"),
    [
        (["aaaa"], ["aaaa"], 30, "off_for_keys"),
        (["not an id"], [], 30, "on_for_keys"),
        ([""], [], 30, "on_for_keys"),
        ([], [], 0, "keep_days"),
        ([], [], 3651, "keep_days"),
    ],
)
def test_a_policy_that_may_not_be_is_refused(
    ours: list[str], others: list[str], days: int, field: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_policy(is_on=True, on_for_keys=ours, off_for_keys=others, keep_days=days)
    assert refused.value.param == field
