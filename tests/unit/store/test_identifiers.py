import pytest

from agent_memory.errors import InvalidRequest
from agent_memory.store.identifiers import check_id


@pytest.mark.parametrize("good", ["a", "sess_3f9c", "A.b:c-d_9", "x" * 128])
def test_letters_digits_and_four_marks_make_an_id(good: str) -> None:
    check_id("session", good)


@pytest.mark.parametrize("bad", ["", "x" * 129, "a/b", "a b", "é", "a\n", "a\x00", "٣"])
def test_anything_else_does_not(bad: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_id("session", bad)

    assert refused.value.param == "session_id"
