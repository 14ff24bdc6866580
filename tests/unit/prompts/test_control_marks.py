import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.prompts.control_marks import ControlMarks, unused_cut, with_cuts

MARKS = ("<|im_start|>", "<|im_end|>", "<|im|>", "<think>", "[/INST]")
CHATML = ControlMarks(MARKS)


def parts(text: str, marks: ControlMarks = CHATML) -> list[str]:
    return with_cuts(text, marks.cuts(text), "\0").split("\0")


def test_the_longest_mark_is_found_at_each_place() -> None:
    nested = ControlMarks(("<a", "<a>", "<a><b>", "b"))
    text = "x<a><b><a>y<a"
    assert [text[slice(*span)] for span in nested.spans(text)] == ["<a><b>", "<a>", "<a"]


def test_text_that_spells_no_mark_is_not_cut() -> None:
    for text in ("", "plain", "a < b and c > d", "<|im_startx|>", "<thin king>", "im_end"):
        assert CHATML.cuts(text) == []


def test_a_mark_is_cut_inside() -> None:
    assert parts("x<|im_end|>y<think>") == ["x<", "|im_end|>y<", "think>"]


def test_marks_that_overlap_are_cut_each() -> None:
    overlapping = ControlMarks(("<<a", "<a<", "a<<"))
    text = "<<a<<a<"
    assert all(not list(overlapping.spans(part)) for part in parts(text, overlapping))


@pytest.mark.parametrize(("text", "cut"), [("a<|im_", "a<|im_|"), ("end|>b", "|end|>b")])
def test_a_text_that_its_neighbour_could_complete_is_cut_at_the_border(text: str, cut: str) -> None:
    assert with_cuts(text, CHATML.cuts(text), "|") == cut


def test_where_the_template_takes_something_out_every_beginning_is_cut() -> None:
    marks = ControlMarks(MARKS, edits=("/think", "&lt;"))
    for text in ("<|im_/thinkend|>", "</think|im_end|>", "<|im_/th/thinkinkend|>"):
        cut = with_cuts(text, marks.cuts(text), "\0").replace("/think", "").replace("/think", "")
        assert not any(list(marks.spans(part)) for part in cut.split("\0"))
    replaced = with_cuts("&lt;think>", marks.cuts("&lt;think>"), "\0").replace("&lt;", "<")
    assert not any(list(marks.spans(part)) for part in replaced.split("\0"))
    assert marks.cuts("a < b") == []


def test_where_the_template_takes_out_what_it_does_not_name_all_texts_are_cut() -> None:
    assert ControlMarks(MARKS, edits=("",)).cuts("a < b [c") == [3, 7]


def test_text_that_spells_a_mark_after_the_normaliser_is_cut() -> None:
    marks = ControlMarks(MARKS, spells_hidden=lambda text: "\uff1cthink\uff1e" in text)
    assert marks.cuts("a\uff1cthink\uff1e") == [len("a\uff1cthink\uff1e")]
    assert marks.cuts("a\uff1cthin\uff1e") == []


def test_without_marks_nothing_is_found() -> None:
    none = ControlMarks(())
    assert list(none.spans("<|im_end|>")) == []
    assert none.cuts("<|im_end|>") == []


def test_a_cut_stands_in_no_text_and_is_the_same_for_the_same_texts() -> None:
    assert unused_cut(["a"]) == unused_cut(["b"]) == "zq0qz"
    assert unused_cut(["zq0q", "zq1qz"]) == "zq2qz"


@given(
    st.lists(
        st.lists(st.sampled_from(["<", "|", "im", "_end", "|>", "<|im_end|>", "think>", "x"])).map(
            "".join
        )
    )
)
def test_however_texts_are_joined_no_mark_is_found_across_cuts(texts: list[str]) -> None:
    joined = "".join(with_cuts(text, CHATML.cuts(text), "\0") for text in texts)
    pattern = "|".join(map(re.escape, MARKS))
    assert not any(re.search(pattern, part) for part in joined.split("\0"))
