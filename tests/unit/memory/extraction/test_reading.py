"""For any input nothing is raised and nothing is dropped."""

from hypothesis import given, settings
from hypothesis import strategies as st

from agent_memory.json_value import Json
from agent_memory.memory.extraction.chat import chat_material
from agent_memory.memory.extraction.reading import extract
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.item import Material
from agent_memory.memory.items.kinds import SEMANTIC, ItemKind, MaterialKind, Role
from agent_memory.memory.search.keys import find_keys
from agent_memory.memory.search.search_words import search_words
from tests.unit.memory.extraction.materials import NOW, THREAD, material

PIECES = st.sampled_from(
    [
        "--- a.b.CTest::testX\n", "java.lang.Error: x\n", "\tat a.b.C.d(E.java:1)\n",
        "Caused by: a.B: c\n", "\t... 3 more\n", "Traceback (most recent call last):\n",
        '  File "a.py", line 1, in b\n', "ValueError: x\n", "panic: x\n",
        "goroutine 1 [running]:\n", "main.f()\n\t/a/b.go:1 +0x1\n", "stack backtrace:\n",
        "thread 'main' panicked at src/a.rs:1:2:\n", "   0: a::b\n             at ./a.rs:1:2\n",
        "@@ -1,3 +1,3 @@ def f():\n", "+added\n", "-removed\n", " kept\n",
        "--- a/x.py\n+++ b/x.py\n",
        "diff --git a/x.py b/x.py\n",
        "rename from a\n", "Binary files a/x and b/x differ\n",
        "FAILED t.py::test_a - E: x\n", "____ test_a ____\n", "E   assert 1 == 2\n", "t.py:3: E\n",
        "--- FAIL: TestA (0.00s)\n", "    a_test.go:1: no\n", "---- a::b stdout ----\n",
        "  \u25cf suite \u203a test\n", "      at f (a.js:1:2)\n",
        '<testcase name="a" classname="b">',
        '<failure type="E" message="m">', "]]></failure></testcase>\n", "```\n", "```diff\n",
        "`a_b`",
        "2024-05-01 10:00:00 ERROR boom\n", "May  1 10:00:00 host app: x\n", "User: ", "**Ann:** ",
        "We decided to use X for Y. ", "The port is 80. ", '"quoted', "> cited\n", "last Friday ",
        "[ ] task\n", "\r\n", "\n\n", "\t", "\x00", "\ud800", "\u2028", "\U0001f642", " ",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=25).map("".join))


@given(kind=st.sampled_from(MaterialKind), text=TEXTS)
@settings(max_examples=300, deadline=None)
def test_any_text_of_any_kind_is_read_and_spans_lie_within_it(
    kind: MaterialKind, text: str
) -> None:
    drafts, notes = extract(material(kind, text))
    assert drafts or notes
    for draft in drafts:
        assert 0 <= draft.span.begin < draft.span.end <= len(text)
        assert draft.text
        assert draft.source is None or drafts[draft.source].kind in {ItemKind.CHAT, ItemKind.DIFF}
        if draft.kind in SEMANTIC or draft.kind is ItemKind.CHAT:
            assert text[draft.span.begin : draft.span.end] == draft.text


@given(kind=st.sampled_from(MaterialKind), text=TEXTS)
@settings(max_examples=100, deadline=None)
def test_the_same_material_gives_the_same_drafts(kind: MaterialKind, text: str) -> None:
    assert extract(material(kind, text)) == extract(material(kind, text))


@given(contents=st.lists(TEXTS, max_size=5))
@settings(max_examples=100, deadline=None)
def test_no_message_is_lost(contents: list[str]) -> None:
    messages = [ChatMessage(Role.USER, content) for content in contents]
    drafts, _ = extract(chat_material(THREAD, messages, NOW))
    kept = [draft.text for draft in drafts if draft.kind is ItemKind.CHAT]
    assert kept == [content for content in contents if content.strip()]


@given(text=TEXTS)
@settings(max_examples=100, deadline=None)
def test_any_question_can_be_searched_for(text: str) -> None:
    find_keys(text)
    assert bool(search_words(text)) == bool(text.strip())


def test_an_empty_text_leaves_a_note() -> None:
    assert extract(material(MaterialKind.LOG, " \n")) == ((), ("The text is empty.",))


def test_messages_that_the_metadata_puts_outside_the_text_are_noted() -> None:
    extents: list[Json] = [{"begin": 0, "end": 99, "role": "user"}]
    torn = Material(THREAD, MaterialKind.CHAT, "short", NOW, metadata={"messages": extents})
    drafts, notes = extract(torn)
    assert drafts == ()
    assert notes != ()
