from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from agent_memory.prompts.template_abilities import TemplateAbilities, TemplateMessage
from agent_memory.prompts.template_messages import template_messages
from agent_memory.prompts.template_probe import TemplateProbe
from agent_memory.turns.messages import Message, ToolSpec

ALL = TemplateAbilities()
Template = Callable[[list[TemplateMessage]], str | None]


def lines(entries: Sequence[TemplateMessage], *, has_text_with_calls: bool = True) -> str:
    """A template that renders everything at its place."""
    return "\n".join(
        f"{entry['role']}: {entry['content'] if has_text_with_calls else ''}{entry['tool_calls']}"
        if "tool_calls" in entry
        else f"{entry['role']}: {entry['content']}"
        for entry in entries
    )


def roles(entries: Sequence[TemplateMessage]) -> list[object]:
    return [entry["role"] for entry in entries]


def systems(entries: Sequence[TemplateMessage]) -> list[TemplateMessage]:
    return [entry for entry in entries if entry["role"] == "system"]


def others(entries: Sequence[TemplateMessage]) -> list[TemplateMessage]:
    return [entry for entry in entries if entry["role"] != "system"]


def hoisting(entries: list[TemplateMessage]) -> str | None:
    return lines([*systems(entries), *others(entries)])


def last_system_alone(entries: list[TemplateMessage]) -> str | None:
    return lines([*systems(entries)[-1:], *others(entries)])


def system_with_the_last_words(entries: list[TemplateMessage]) -> str | None:
    is_user_last = entries[-1]["role"] == "user"
    return lines([*others(entries)[:-1], *systems(entries)[: int(is_user_last)], entries[-1]])


def without_systems(entries: list[TemplateMessage]) -> str | None:
    return lines(others(entries)) if not systems(entries) else None


def alternating(entries: list[TemplateMessage]) -> str | None:
    counted = [
        entry["role"]
        for entry in others(entries)
        if entry["role"] != "tool" and "tool_calls" not in entry
    ]
    is_refused = any((role == "user") != (at % 2 == 0) for at, role in enumerate(counted))
    return None if is_refused else lines(entries)


def dropping(entries: list[TemplateMessage]) -> str | None:
    return lines(entries, has_text_with_calls=False)


def dropping_and_alternating(entries: list[TemplateMessage]) -> str | None:
    return alternating(entries) and dropping(entries)


def answering(entries: list[TemplateMessage]) -> str | None:
    end: TemplateMessage = {"role": "tool"}
    pairs = zip(entries, [*entries[1:], end], strict=True)
    is_open = any("tool_calls" in one and other["role"] != "tool" for one, other in pairs)
    return None if is_open else lines(entries)


def talkative(entries: list[TemplateMessage]) -> str | None:
    is_empty = any(not entry["content"] and "tool_calls" not in entry for entry in entries)
    return None if is_empty else lines(entries)


def with_users(entries: list[TemplateMessage]) -> str | None:
    return lines(entries) if "user" in roles(entries) else None


def abilities_of(template: Template, *, can_read_calls: bool = True) -> TemplateAbilities:
    def render(
        messages: Sequence[Message], tools: Sequence[ToolSpec], abilities: TemplateAbilities
    ) -> str | None:
        prompt = template(template_messages(messages, tools, abilities))
        schemas = "".join(tool.description for tool in tools if abilities.has_tools)
        return None if prompt is None else schemas + prompt

    return TemplateProbe(render, can_read_calls=can_read_calls).abilities()


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (lines, ALL),
        (hoisting, replace(ALL, has_late_system=False)),
        (last_system_alone, replace(ALL, has_late_system=False)),
        (system_with_the_last_words, replace(ALL, has_system=False, has_late_system=False)),
        (without_systems, replace(ALL, has_system=False, has_late_system=False)),
        (
            alternating,
            replace(
                ALL,
                has_late_system=False,
                has_repeated_roles=False,
                has_assistant_first=False,
                has_user_after_tools=False,
            ),
        ),
        (dropping, replace(ALL, has_text_with_calls=False)),
        (
            dropping_and_alternating,
            replace(
                ALL,
                has_late_system=False,
                has_repeated_roles=False,
                has_assistant_first=False,
                has_text_with_calls=False,
                has_user_after_tools=False,
            ),
        ),
        (answering, replace(ALL, has_unanswered_calls=False)),
        (talkative, replace(ALL, silence=" ")),
        (with_users, replace(ALL, has_no_user=False)),
    ],
)
def test_what_a_template_cannot_take_is_found(
    template: Template, expected: TemplateAbilities
) -> None:
    assert abilities_of(template) == expected
    plain = replace(
        expected,
        has_tools=False,
        has_text_with_calls=True,
        has_user_after_tools=True,
        has_unanswered_calls=True,
    )
    if template is not system_with_the_last_words:
        assert abilities_of(template, can_read_calls=False) == plain


def test_a_system_message_that_tools_drive_out_leads_the_first_words_of_the_user() -> None:
    def without_tools_only(entries: list[TemplateMessage]) -> str | None:
        return lines(others(entries) if "tool" in roles(entries) else entries)

    found = abilities_of(without_tools_only)
    assert (found.has_system, found.has_late_system) == (False, False)
    assert abilities_of(without_tools_only, can_read_calls=False).has_system


def test_a_template_that_refuses_all_is_given_up() -> None:
    def refusing(_: list[TemplateMessage]) -> str | None:
        return None

    assert not abilities_of(refusing).has_tools
