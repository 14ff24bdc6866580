from dataclasses import fields, replace
from typing import Any

import pytest

from agent_memory.prompts.template_abilities import TemplateAbilities
from agent_memory.prompts.template_notes import template_notes

ALL = TemplateAbilities()


def test_of_a_template_that_takes_all_there_is_nothing_to_say() -> None:
    assert template_notes(ALL) == ()
    assert template_notes(replace(ALL, has_object_arguments=False, has_short_ids=True)) == ()


@pytest.mark.parametrize(
    "name",
    sorted(
        {field.name for field in fields(TemplateAbilities)}
        - {"has_object_arguments", "has_short_ids", "silence"}
    ),
)
def test_each_way_in_which_conversations_are_changed_is_said(name: str) -> None:
    lacking: dict[str, Any] = {name: False}
    (note,) = template_notes(replace(ALL, **lacking))
    assert note.startswith("Chat template: ")


def test_a_blank_for_nothing_is_said() -> None:
    assert len(template_notes(replace(ALL, silence=" "))) == 1
