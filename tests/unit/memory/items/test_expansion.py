"""An item with its links, its history and the raw text around it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from agent_memory.ids import ThreadId
from agent_memory.memory.items.expansion import expand, passage, passage_by_chars
from agent_memory.memory.items.item import Material, Span
from agent_memory.memory.items.kinds import MaterialKind
from tests.unit.memory.made_items import DAY_0, key, make_item

TEXT = "one\ntwo\nthree\nfour\nfive"


def test_whole_lines_stand_around_the_span() -> None:
    begin = TEXT.index("hre")
    found = passage(TEXT, Span(begin, begin + 3), 1)
    assert (found.before, found.text, found.after) == ("two\nt", "hre", "e\nfour")
    assert found.first_line == 3


def test_without_lines_around_the_rest_of_its_own_line_stays() -> None:
    found = passage(TEXT, Span(9, 10), 0)
    assert found.before + found.text + found.after == "three"


def test_characters_stand_around_the_span() -> None:
    found = passage_by_chars(TEXT, Span(8, 13), 4)
    assert (found.before, found.text, found.after) == ("two\n", "three", "\nfou")


@settings(deadline=None)
@given(st.text(alphabet="ab\n"), st.integers(0, 30), st.integers(0, 30), st.integers(0, 9))
def test_a_passage_is_one_stretch_of_the_raw_text(
    text: str, one: int, other: int, num: int
) -> None:
    span = Span(min(one, other), max(one, other))
    for found in (passage(text, span, num), passage_by_chars(text, span, num)):
        assert found.text == text[span.begin : span.end]
        assert found.before + found.text + found.after in text
        assert text[: found.span.begin].endswith(found.before)


def test_links_say_what_is_shared_and_a_lone_statement_has_no_history() -> None:
    item = make_item("three", keys=(key("a.py"), key("b.py")), begin=8)
    other = make_item("elsewhere", keys=(key("b.py"),))
    material = Material(ThreadId("thread"), MaterialKind.CHAT, TEXT, DAY_0)
    expansion = expand(item, (item, other), (item,), material, ("odd",), 1)
    assert [(link.item, link.shared) for link in expansion.links] == [(other, (key("b.py"),))]
    assert expansion.history == ()
    assert expansion.passage.text == "three"
    assert expansion.notes == ("odd",)
    newer = make_item("4")
    assert expand(item, (), (item, newer), material, (), 1).history == (item, newer)
