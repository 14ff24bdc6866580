"""What clients put around the words of people."""

import pytest

from agent_memory.memory.extraction.own_words import is_side_request, own_words
from agent_memory.memory.items.kinds import ItemKind
from tests.unit.memory.extraction.materials import of_kind, say


@pytest.mark.parametrize(
    "text",
    [
        "<system-reminder>\nWe decided to use Bazel.\n</system-reminder>\nUse Nomad.",
        "Use Nomad.<system-reminder>never closed: NEVER create files",
        "<environment_context>\n<cwd>/a</cwd>\n</environment_context>\n\nUse Nomad.",
        "<ide_opened_file>The user opened a.py</ide_opened_file>\nUse Nomad.",
        "<additional_data>x</additional_data>\n<user_query>\nUse Nomad.\n</user_query>",
        "<task>Use Nomad.</task>\n<environment_details>\n# Files\n</environment_details>",
        "Use Nomad.",
    ],
)
def test_a_persons_words_are_left(text: str) -> None:
    assert own_words(text) == "Use Nomad."


@pytest.mark.parametrize(
    "text",
    [
        "Wrap <div>it</div> and a < b",
        "<instructions>Use tabs.</instructions>",
        "<rules>Never push to main.</rules>",
    ],
)
def test_tags_that_people_write_stay(text: str) -> None:
    assert own_words(text) == text


def test_the_instructions_of_a_repository_are_no_persons_words() -> None:
    pasted = "<INSTRUCTIONS>\nUse tabs.\n</INSTRUCTIONS>\nShip it."
    assert own_words(pasted) == "Ship it."


@pytest.mark.parametrize(
    ("text", "is_side"),
    [
        ("Please write a 5-10 word title for the following conversation:\n\nUser: hi", True),
        ("Generate a title for this conversation: hi", True),
        ("Summarize this coding conversation in under 50 characters.", True),
        ("Your task is to create a detailed summary of the conversation so far", True),
        ("Write a title for the settings page.", False),
        ("Create a branch name for the release.", False),
        ("Summarize the log of yesterday.", False),
    ],
)
def test_a_request_of_the_client_itself_is_told_apart(text: str, is_side: bool) -> None:
    assert is_side_request(text) is is_side


def test_what_a_client_says_in_a_message_states_nothing() -> None:
    text = (
        "<system-reminder>We decided to use Bazel for builds. NEVER create files.</system-reminder>"
        "\nWe decided to use Nomad for scheduling."
    )
    found = [draft for draft in say(text) if draft.kind is not ItemKind.CHAT]
    assert [draft.text for draft in found] == ["We decided to use Nomad for scheduling."]
    assert of_kind(say(text), ItemKind.CHAT)
