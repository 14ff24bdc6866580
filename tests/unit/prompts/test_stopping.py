from hypothesis import given
from hypothesis import strategies as st

from agent_memory.prompts.stopping import StopMatcher, held_suffix


def run(stops: list[str], pieces: list[str]) -> tuple[str, str | None]:
    matcher = StopMatcher(stops)
    shown = ""
    for piece in pieces:
        text, stop = matcher.push(piece)
        shown += text
        if stop is not None:
            return shown, stop
    return shown + matcher.flush(), None


def test_what_follows_a_stop_string_is_gone_and_so_is_the_string() -> None:
    assert run(["END"], ["one END two"]) == ("one ", "END")


def test_a_stop_string_may_be_spread_over_pieces() -> None:
    assert run(["\n\nUser:"], ["hi\n", "\nUs", "er", ": no"]) == ("hi", "\n\nUser:")


def test_a_beginning_is_held_back_until_it_is_decided() -> None:
    matcher = StopMatcher(["END"])
    assert matcher.push("the E") == ("the ", None)
    assert matcher.num_held == 1
    assert matcher.push("nd") == ("End", None)
    assert matcher.num_held == 0


def test_what_was_held_back_is_given_out_at_the_end() -> None:
    assert run(["END"], ["the EN"]) == ("the EN", None)


def test_the_stop_string_that_ends_first_wins() -> None:
    assert run(["b c d", "c"], ["a b c d"]) == ("a b ", "c")
    assert run(["c", "b c"], ["a b c d"]) == ("a ", "b c")


def test_without_stop_strings_everything_passes() -> None:
    assert run([], ["a", "b"]) == ("ab", None)


def test_the_longest_end_that_begins_a_marker_is_held() -> None:
    assert held_suffix("abab", ["ababc", "bx"]) == 4
    assert held_suffix("x<<", ["<<<"]) == 2
    assert held_suffix("abc", ["abc"]) == 0
    assert held_suffix("", ["abc"]) == 0


@given(
    st.lists(st.text("ab ", min_size=1, max_size=4), max_size=3),
    st.lists(st.text("ab ", max_size=5), max_size=8),
)
def test_the_result_does_not_depend_on_how_the_text_is_cut(
    stops: list[str], pieces: list[str]
) -> None:
    whole = "".join(pieces)
    assert run(stops, pieces) == run(stops, [whole]) == run(stops, list(whole))
