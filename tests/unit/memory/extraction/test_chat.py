"""Messages whole, whose they are, and what is pasted into them."""

from datetime import UTC, datetime, timedelta

import pytest

from agent_memory.memory.extraction.chat import chat_material
from agent_memory.memory.extraction.reading import extract
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.kinds import ItemKind, KeyKind, MaterialKind, Role
from tests.unit.memory.extraction.materials import NOW, THREAD, keys, of_kind, read, say

TRACE = """Traceback (most recent call last):
  File "/srv/app/billing/invoice.py", line 41, in total
    return sum(lines)
TypeError: unsupported operand type(s) for +: 'int' and 'str'
"""
PATCH = """diff --git a/src/cart.py b/src/cart.py
--- a/src/cart.py
+++ b/src/cart.py
@@ -1,3 +1,3 @@ def total(lines):
 def total(lines):
-    return sum(lines)
+    return sum(int(line) for line in lines)
 # end
"""


def test_every_message_is_an_item_with_its_role_speaker_and_time() -> None:
    said_at = NOW - timedelta(days=3)
    messages = [
        ChatMessage(Role.USER, "Hello there", "Ann", said_at),
        ChatMessage(Role.ASSISTANT, "Good morning"),
    ]
    drafts, notes = extract(chat_material(THREAD, messages, NOW))
    assert notes == ()
    assert [(d.text, d.role, d.speaker, d.occurred_at) for d in drafts] == [
        ("Hello there", Role.USER, "Ann", said_at),
        ("Good morning", Role.ASSISTANT, None, NOW),
    ]
    assert drafts[0].context == "12 May 2024, Ann"


def test_spans_of_structured_messages_lead_back_to_their_words() -> None:
    contents = ["First.\n\nWith a gap.", "", "  indented\n", "We decided to use Kafka."]
    material = chat_material(THREAD, [ChatMessage(Role.USER, c) for c in contents], NOW)
    drafts, _ = extract(material)
    for draft in drafts:
        assert material.text[draft.span.begin : draft.span.end] == draft.text
    assert [d.text for d in of_kind(drafts, ItemKind.CHAT)] == [contents[0], *contents[2:]]


def test_a_message_keeps_its_metadata() -> None:
    message = ChatMessage(Role.USER, "Hi", metadata={"channel": "ops"})
    drafts, _ = extract(chat_material(THREAD, [message], NOW))
    assert drafts[0].metadata["channel"] == "ops"


def test_the_same_words_are_other_messages_by_speaker_time_and_turn() -> None:
    yes = ["yes", "yes"]
    again = [ChatMessage(Role.USER, word) for word in yes]
    other = [
        ChatMessage(Role.USER, "yes", "Ann"),
        ChatMessage(Role.USER, "yes", "Bob"),
        ChatMessage(Role.USER, "yes", "Ann", NOW - timedelta(days=1)),
    ]
    drafts, _ = extract(chat_material(THREAD, [*again, *other], NOW))
    assert len({draft.content_hash for draft in drafts}) == 5


def test_the_same_words_in_another_spacing_are_another_message() -> None:
    messages = [ChatMessage(Role.USER, content) for content in ("yes", "yes\n", "yes ")]
    drafts, _ = extract(chat_material(THREAD, messages, NOW))
    assert [draft.text for draft in drafts] == ["yes", "yes\n", "yes "]


def test_a_call_that_is_repeated_gives_the_same_hashes_at_another_time() -> None:
    messages = [ChatMessage(Role.USER, "We will use Postgres."), ChatMessage(Role.USER, "ok")]
    first, _ = extract(chat_material(THREAD, messages, NOW))
    second, _ = extract(chat_material(THREAD, messages, NOW + timedelta(hours=2)))
    assert [d.content_hash for d in first] == [d.content_hash for d in second]


def test_a_transcript_with_roles_is_cut_into_messages() -> None:
    text = "User: Where is the log?\nAssistant: In /var/log.\nIt rotates daily.\nUser: Thanks"
    drafts = of_kind(read(MaterialKind.CHAT, text), ItemKind.CHAT)
    assert [(d.role, d.text) for d in drafts] == [
        (Role.USER, "Where is the log?"),
        (Role.ASSISTANT, "In /var/log.\nIt rotates daily."),
        (Role.USER, "Thanks"),
    ]


def test_a_transcript_with_bold_names_is_cut_into_messages() -> None:
    text = "**Alice:** I am back.\n\n**Bob:** Welcome!\n**Alice:** Thanks."
    drafts = of_kind(read(MaterialKind.CHAT, text), ItemKind.CHAT)
    assert [(d.speaker, d.text) for d in drafts] == [
        ("Alice", "I am back."),
        ("Bob", "Welcome!"),
        ("Alice", "Thanks."),
    ]


def test_a_transcript_with_times_gives_each_message_its_own() -> None:
    text = "[2024-05-01 09:30] Ann: Shipped.\n[3:15 pm on 2 May, 2024] Bob Lee: Great"
    drafts = of_kind(read(MaterialKind.CHAT, text), ItemKind.CHAT)
    assert [(d.speaker, d.occurred_at) for d in drafts] == [
        ("Ann", datetime(2024, 5, 1, 9, 30, tzinfo=UTC)),
        ("Bob Lee", datetime(2024, 5, 2, 15, 15, tzinfo=UTC)),
    ]


def test_prose_with_colons_is_one_message() -> None:
    text = "Note: the build is slow.\nWarning: do not touch it.\nNote: again"
    drafts = of_kind(read(MaterialKind.CHAT, text), ItemKind.CHAT)
    assert [d.text for d in drafts] == [text]


def test_a_fenced_trace_is_read_as_one_and_belongs_to_its_message() -> None:
    content = f"It broke again:\n```\n{TRACE}```\nAny idea?"
    drafts = say("hello", content)
    stack = of_kind(drafts, ItemKind.STACK)[0]
    assert stack.metadata["exception"] == "TypeError"
    assert stack.source is not None
    assert drafts[stack.source].text == content
    assert "invoice.py" in keys(stack, KeyKind.FILE)


def test_a_bare_trace_in_a_message_is_found_where_it_stands() -> None:
    content = f"Look at this:\n{TRACE}\nWe must fix it."
    drafts = say(content)
    stack = of_kind(drafts, ItemKind.STACK)[0]
    assert content[stack.span.begin : stack.span.end] == TRACE.strip()
    assert [d.text for d in of_kind(drafts, ItemKind.REQUIREMENT)] == ["We must fix it."]


def test_a_diff_in_a_message_is_read_fenced_or_bare() -> None:
    for content in (f"My fix:\n```diff\n{PATCH}```", f"My fix:\n\n{PATCH}\nOk?"):
        diff = of_kind(say(content), ItemKind.DIFF)[0]
        assert diff.metadata["path"] == "src/cart.py"
        assert content[diff.span.begin : diff.span.end] == diff.text
        assert diff.text.startswith("diff --git")
        assert diff.text.endswith("# end")


def test_a_pasted_log_is_grouped_into_templates() -> None:
    lines = [f"2024-05-0{day} 10:00:0{day} INFO worker {day} started" for day in range(1, 6)]
    content = "Logs:\n" + "\n".join(lines)
    log = of_kind(say(content), ItemKind.LOG)
    assert [d.num_occurrences for d in log] == [5]
    assert log[0].occurred_at == datetime(2024, 5, 1, 10, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "code",
    [
        "````md\n```\nWe decided to use FakeA.\n```\n````",
        "~~~~\n~~~\nWe decided to use FakeB.\n~~~~",
        "<pre>We decided to use FakeC.</pre>",
        "<code>\nWe decided to use FakeD.\n</code>",
        "Look:\n\n    # We decided to use FakeE here\n    x = 1",
    ],
)
def test_code_of_every_sort_states_nothing(code: str) -> None:
    decided = of_kind(say(f"{code}\n\nWe decided to use NATS."), ItemKind.DECISION)
    assert [draft.text for draft in decided] == ["We decided to use NATS."]


@pytest.mark.parametrize("text", ["- a\n\n    - We use NATS.", "Notes:\n\n    We use NATS."])
def test_prose_that_is_indented_is_speech(text: str) -> None:
    assert [draft.text for draft in of_kind(say(text), ItemKind.DECISION)] == ["We use NATS."]


def test_code_in_a_fence_states_nothing() -> None:
    drafts = say('```python\n# we decided to use Redis\nmust("never")\n```')
    assert [d.kind for d in drafts] == [ItemKind.CHAT]


def test_files_that_are_named_and_symbols_that_recur_become_artifacts_once() -> None:
    drafts = say(
        "The bug is in `src/auth/session.py`, in `refresh_token`.",
        "I looked at src/auth/session.py: `refresh_token` is wrong, `helper` is fine.",
    )
    artifacts = {d.text: d.num_occurrences for d in of_kind(drafts, ItemKind.ARTIFACT)}
    assert artifacts == {"src/auth/session.py": 2, "refresh_token": 2}


def test_a_message_that_speaks_of_days_is_found_by_their_dates() -> None:
    draft = say("I met her last Friday, and the launch is on 3 June.")[0]
    assert draft.metadata["mentioned_dates"] == ["2024-05-10", "2024-06-03"]
    assert "10 May 2024" in draft.search_text
