import pytest

from agent_memory.memory.search.question import read_question


@pytest.mark.parametrize(
    "text", ["When did it break?", "how long did it take", "Which year?", "What date is it due?"]
)
def test_a_question_for_a_time_is_known(text: str) -> None:
    assert read_question(text, ()).asks_for_time


@pytest.mark.parametrize("text", ["Why did it break?", "whenever", "What is the timeout?"])
def test_others_ask_for_no_time(text: str) -> None:
    assert not read_question(text, ()).asks_for_time


def test_the_one_speaker_that_is_named_is_known_by_any_part_of_the_name() -> None:
    speakers = ["Ann Lee", "Bob"]

    assert read_question("what did LEE say?", speakers).speaker == "Ann Lee"
    assert read_question("what did Ann tell Bob?", speakers).speaker is None
    assert read_question("what did annabel say?", speakers).speaker is None
