import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.errors import InvariantBroken
from agent_memory.store.message_codec import decode_message, encode_parts
from agent_memory.turns.messages import (
    Message,
    Recollection,
    Role,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)

TEXT = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\x00\x1a\udc00")), max_size=20)
PARTS = st.one_of(
    st.builds(Text, TEXT),
    st.builds(Thinking, TEXT),
    st.builds(ToolUse, TEXT, TEXT, TEXT),
    st.builds(ToolResult, TEXT, TEXT, st.booleans()),
    st.builds(Recollection, TEXT, st.just(("item_1", "item_2")), st.integers(0, 99)),
)
MESSAGES = st.builds(Message, st.sampled_from(Role), st.lists(PARTS, max_size=4).map(tuple))


@given(MESSAGES)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    assert decode_message(message.role.value, encode_parts(message)) == message


def test_a_part_of_unknown_type_is_not_passed_over() -> None:
    with pytest.raises(InvariantBroken, match="image"):
        decode_message("user", '[{"type": "image"}]')
