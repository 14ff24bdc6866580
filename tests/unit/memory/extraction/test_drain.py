"""Which lines are one event, and which of its words vary."""

from collections.abc import Iterable

from agent_memory.memory.extraction.drain import Drain
from agent_memory.memory.extraction.templates import Template, group


def events(*lines: str) -> list[tuple[str, list[int]]]:
    drain = Drain("<*>")
    for line in lines:
        drain.read(line.split())
    return [(" ".join(word or "_" for word in event.words), event.lines) for event in drain.events]


def first_words(numbers: Iterable[int]) -> list[str]:
    return [f"first{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in numbers]


def test_lines_that_differ_in_a_word_are_one_event_and_the_word_varies() -> None:
    assert events("user ann logged in", "user bob logged in") == [("user _ logged in", [0, 1])]


def test_seven_of_ten_words_make_the_same_event_and_six_do_not() -> None:
    assert len(events("a b c d e f g h i j", "a b c d e f g x y z")) == 1
    assert len(events("a b c d e f g h i j", "a b c d e f w x y z")) == 2


def test_a_word_that_varies_counts_as_neither_equal_nor_different() -> None:
    told = events("a b c d", "a b c x", "a b y x")
    assert told == [("a b c _", [0, 1]), ("a b y x", [2])], "two of four words are equal"


def test_lines_of_other_lengths_and_other_first_words_are_other_events() -> None:
    assert len(events("job done in time", "job done", "task done in time")) == 3


def test_lines_of_one_word_are_one_event_only_where_they_are_equal() -> None:
    assert events("ready", "stopped", "ready") == [("ready", [0, 2]), ("stopped", [1])]


def test_lines_without_a_word_are_one_event() -> None:
    assert events("", "x", "") == [("", [0, 2]), ("x", [1])]


def test_the_likest_event_takes_a_line_and_of_equals_the_one_that_varies_most() -> None:
    begun = ("k a b c d e f g h i", "k a b c d e x y z w", "k a b c d e x y z v")
    assert [lines for _, lines in events(*begun, "k a b c d e f y z u")] == [[0], [1, 2, 3]]


def test_what_a_text_writes_as_varying_varies() -> None:
    told = events("sent <*> to the far host", "sent 3 to the far host")
    assert told == [("sent _ to the far host", [0, 1])]


def test_the_hundredth_first_word_of_a_length_and_all_later_ones_share_their_events() -> None:
    words = first_words(range(102))
    told = events(*(f"{word} is seen here" for word in words))
    assert len(told) == 100
    assert told[-1] == ("_ is seen here", [99, 100, 101])


def test_an_event_that_was_met_least_lately_is_closed_when_there_are_256_others() -> None:
    many = [f"start x{n} y{n}" for n in range(256)]
    again = [many[0], "one more than fits in", many[0], many[1]]
    told = events(*many, *again)
    assert told[0][1] == [0, 256, 258], "it was met again before, so that the second was closed"
    assert told[1][1] == [1]
    assert told[-1][1] == [259]


def test_a_template_is_written_without_time_and_level_and_runs_of_what_varies_are_one() -> None:
    lines = (
        "2024-05-01 10:00:00 INFO moved alpha beta of the old disk to the new disk",
        "2024-05-01 10:00:01 WARN moved gamma delta of the old disk to the new disk",
    )
    assert group(lines) == (Template("moved <*> of the old disk to the new disk", (0, 1)),)
