"""Packing: the best that fits, once, in the order of its dates."""

from hypothesis import given, settings
from hypothesis import strategies as st

from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind, ItemState
from agent_memory.memory.packing.packed import Packed
from agent_memory.memory.packing.packer import pack
from tests.unit.memory.made_items import WordCounter, day, make_item, ranked

COUNTER = WordCounter()


def texts(packed: Packed) -> list[str]:
    return [line.recalled.item.text for line in packed.lines]


def test_lines_stand_by_date_under_their_day_behind_their_marks() -> None:
    late = make_item("I moved to Oslo", speaker="Ann", at=day(3))
    early = make_item("Where is Ann?", speaker="Bo", at=day(0))
    same_day = make_item("use uv, not pip", ItemKind.DECISION, at=day(3.1))
    packed = pack(ranked(late, early, same_day), 100, COUNTER)
    assert packed.text.splitlines() == [
        "2026-03-01",
        "[1] Bo: Where is Ann?",
        "2026-03-04",
        "[2] Ann: I moved to Oslo",
        "[3] decision: use uv, not pip",
    ]
    assert packed.num_tokens == COUNTER.count(packed.text)
    assert [line.recalled.item for line in packed.ranked] == [late, early, same_day]


def test_what_does_not_fit_is_counted() -> None:
    items = [make_item(f"The owner of house {name} is away", at=day(0)) for name in "abcdefgh"]
    packed = pack(ranked(*items), 40, COUNTER)
    assert 1 <= len(packed.lines) < len(items)
    assert packed.num_over_budget == len(items) - len(packed.lines)
    assert packed.num_duplicates == 0


def test_the_same_failure_is_said_once() -> None:
    first = make_item("KeyError: 'a' at line 3", ItemKind.TEST_FAILURE, fingerprint="f1")
    again = make_item("KeyError: 'b' at line 9", ItemKind.TEST_FAILURE, fingerprint="f1")
    packed = pack(ranked(first, again), 100, COUNTER)
    assert texts(packed) == [first.text]
    assert packed.num_duplicates == 1


def test_nearly_the_same_words_are_said_once() -> None:
    text = "The nightly job writes its report to the bucket in Frankfurt and then tells the channel"
    packed = pack(ranked(make_item(text), make_item(text + " of it")), 200, COUNTER)
    assert texts(packed) == [text]


def test_another_number_or_a_negation_is_no_duplicate() -> None:
    text = "The nightly job writes its report of {} pages to the bucket and then {} the channel"
    items = [
        make_item(text.format(12, "tells")),
        make_item(text.format(13, "tells")),
        make_item(text.format(12, "never tells")),
    ]
    assert len(pack(ranked(*items), 400, COUNTER).lines) == len(items)


def test_a_message_whose_words_were_taken_as_a_statement_is_not_said_again() -> None:
    message = make_item("We will use PostgreSQL here. Ok?", material_id="m")
    decision = make_item("We will use PostgreSQL here.", ItemKind.DECISION, material_id="m")
    assert texts(pack(ranked(decision, message), 100, COUNTER)) == [decision.text]
    assert texts(pack(ranked(message, decision), 100, COUNTER)) == [message.text]


def test_a_long_item_is_cut_at_both_ends_and_leaves_room_for_others() -> None:
    trace = "Traceback begins here " + "frame " * 500 + "ValueError: bad port"
    long = make_item(trace, ItemKind.STACK)
    others = [make_item(f"Word {name} matters", at=day(1)) for name in "abcdef"]
    packed = pack(ranked(long, *others), 250, COUNTER)
    cut = packed.lines[0]
    assert not cut.is_whole
    assert cut.text.startswith("stack: Traceback begins here")
    assert cut.text.endswith("ValueError: bad port")
    assert len(packed.lines) == 1 + len(others)


def test_a_single_long_item_gets_all_the_room_there_is() -> None:
    packed = pack(ranked(make_item("word " * 90)), 110, COUNTER)
    assert packed.lines[0].is_whole


def test_a_statement_that_was_superseded_says_until_when() -> None:
    old = make_item(
        "deploy on Fridays",
        ItemKind.DECISION,
        state=ItemState.SUPERSEDED,
        valid_to=day(2),
    )
    assert (
        "decision, superseded 2026-03-03: deploy on Fridays" in pack(ranked(old), 50, COUNTER).text
    )


def test_nothing_gives_an_empty_text() -> None:
    assert pack((), 100, COUNTER) == Packed("", (), 0)


WORDS = ("ant", "bee", "cat", "dog", "elk", "fox", "1", "2", "not", "\n", "[1]", "é")
words = st.lists(st.sampled_from(WORDS), max_size=60)


@st.composite
def items(draw: st.DrawFn) -> Item:
    text = " ".join(draw(words)) or "word"
    kind = draw(st.sampled_from([ItemKind.CHAT, ItemKind.DECISION, ItemKind.STACK]))
    return make_item(text, kind, at=day(draw(st.integers(0, 4))))


@settings(deadline=None)
@given(st.lists(items(), max_size=12), st.integers(0, 150))
def test_the_budget_is_never_exceeded_and_everything_is_accounted_for(
    some: list[Item], token_budget: int
) -> None:
    packed = pack(ranked(*some), token_budget, COUNTER)
    assert packed.num_tokens == COUNTER.count(packed.text) <= token_budget
    assert len(packed.lines) + packed.num_duplicates + packed.num_over_budget == len(some)
    assert [line.mark for line in packed.lines] == list(range(1, len(packed.lines) + 1))
