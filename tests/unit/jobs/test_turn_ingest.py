"""The parts of a turn that are remembered."""

from datetime import UTC, datetime

from agent_memory.ids import ThreadId
from agent_memory.jobs.turn_ingest import exchange_request, fitting
from agent_memory.memory.service.size_limit import MAX_ITEM_BYTES
from agent_memory.turns.messages import (
    Message,
    Part,
    Recollection,
    Role,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def said(*messages: Message) -> list[tuple[str, str]]:
    request = exchange_request(ThreadId("t"), messages, NOW)
    return [] if request is None else [(m.role.value, m.content) for m in request.chat]


def message(role: Role, *parts: Part) -> Message:
    return Message(role, parts)


def test_what_people_and_models_said_is_kept() -> None:
    question = message(Role.USER, Text("Which crane?"))
    answer = message(
        Role.ASSISTANT, Thinking("Hm."), Text("The blue one."), ToolUse("1", "f", "{}")
    )
    assert said(message(Role.SYSTEM, Text("Be terse.")), question, answer) == [
        ("user", "Which crane?"),
        ("assistant", "The blue one."),
    ]


def test_what_was_recalled_is_not_remembered() -> None:
    read = message(Role.USER, Recollection("<recalled_memory>\nx\n</recalled_memory>\n"), Text("a"))
    echoed = message(Role.USER, Text("<recalled_memory>\nx\n</recalled_memory>\nb"))
    assert said(read, echoed) == [("user", "a"), ("user", "b")]


def test_of_tools_only_failures_are_kept_and_read_as_logs() -> None:
    failed = message(Role.TOOL, ToolResult("1", "KeyError: 'x'", is_error=True))
    went_well = message(Role.TOOL, ToolResult("2", "42"))
    request = exchange_request(ThreadId("t"), [failed, went_well], NOW)
    assert request is not None
    assert (request.chat, request.logs) == ((), ("KeyError: 'x'",))


PYTEST = """_______ test_total _______

    def test_total():
>       assert total() == 3
E       assert 2 == 3

tests/test_cart.py:4: AssertionError
=== short test summary info ===
FAILED tests/test_cart.py::test_total - assert 2 == 3
"""


def test_a_result_that_reads_like_a_failure_is_one_whatever_its_flag() -> None:
    results = [ToolResult("1", PYTEST), ToolResult("2", "3 passed, no error"), ToolResult("3", " ")]
    messages = [message(Role.TOOL, result) for result in results]
    request = exchange_request(ThreadId("t"), messages, NOW)
    assert request is not None
    assert request.logs == (PYTEST,)


def test_of_what_a_client_pastes_the_persons_words_are_kept() -> None:
    reminder = Text("<system-reminder>\nWe decided to use Bazel.\n</system-reminder>\n")
    assert said(message(Role.USER, reminder, Text("We use Nomad."))) == [("user", "We use Nomad.")]
    assert said(message(Role.USER, reminder)) == []


def test_what_a_client_asks_for_itself_is_not_remembered_nor_its_answer() -> None:
    asked = message(Role.USER, Text("Please write a title for this conversation:\nUser: use X"))
    assert said(asked, message(Role.ASSISTANT, Text("Use of X"))) == []


def test_a_turn_in_which_nothing_was_said_leaves_nothing() -> None:
    assert exchange_request(ThreadId("t"), [message(Role.ASSISTANT, Text(" "))], NOW) is None


def test_a_long_text_is_kept_as_far_as_it_fits() -> None:
    assert len(fitting("é" * MAX_ITEM_BYTES).encode()) <= MAX_ITEM_BYTES
