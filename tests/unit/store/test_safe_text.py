from hypothesis import given
from hypothesis import strategies as st

from agent_memory.store.safe_text import escape, strip_unsafe, unescape

ANY_TEXT = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\x00\x1a\ud800\udfff0a")))


@given(ANY_TEXT)
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    assert unescape(escape(text)) == text


@given(ANY_TEXT)
def test_escaped_text_can_be_stored(text: str) -> None:
    escaped = escape(text)

    assert "\x00" not in escaped
    assert escaped.encode("utf-8").decode("utf-8") == escaped


def test_ordinary_text_is_not_touched() -> None:
    assert escape("é 😀 \n\\u0000") == "é 😀 \n\\u0000"


def test_stripped_text_has_lost_only_what_cannot_be_stored() -> None:
    assert strip_unsafe("a\x00b\ud800c\x1ad é") == "abcd é"
