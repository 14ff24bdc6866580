from agent_memory.prompts.identity import common_prefix, conversation_hashes, head_hash
from agent_memory.turns.messages import Message, Role, Text, Thinking, ToolUse


def says(role: Role, text: str) -> Message:
    return Message(role, (Text(text),))


CONVERSATION = (
    says(Role.SYSTEM, "x-anthropic-billing-header: cch=1;\nBe brief."),
    says(Role.USER, "hello"),
    Message(Role.ASSISTANT, (Thinking("greet"), Text("Hi!"))),
    says(Role.USER, "call f"),
    Message(Role.ASSISTANT, (ToolUse("call_1", "f", '{"a": 1, "b": 2}'),)),
)


def test_every_prefix_that_ends_with_the_assistant_has_a_hash() -> None:
    assert [length for length, _ in conversation_hashes(CONVERSATION)] == [3, 5]


def test_the_hash_of_a_prefix_is_the_head_of_that_conversation() -> None:
    for length, digest in conversation_hashes(CONVERSATION):
        assert head_hash(CONVERSATION[:length]) == digest


def test_a_client_that_spells_history_differently_has_the_same_conversation() -> None:
    respelled = (
        says(Role.SYSTEM, "x-anthropic-billing-header: cch=2;\nBe brief."),
        says(Role.USER, "hello\n"),
        says(Role.ASSISTANT, "Hi!"),
        says(Role.USER, "call f"),
        Message(Role.ASSISTANT, (ToolUse("toolu_7", "f", '{"b":2,"a":1}'),)),
    )
    assert conversation_hashes(respelled) == conversation_hashes(CONVERSATION)
    assert common_prefix(CONVERSATION, respelled) == len(CONVERSATION)


def test_a_system_message_of_volatile_lines_alone_counts_for_nothing() -> None:
    lone = (says(Role.SYSTEM, "x-anthropic-billing-header: cch=7;"), *CONVERSATION[1:])
    assert head_hash(lone) == head_hash(CONVERSATION[1:])


def test_text_does_not_leak_from_one_message_into_the_next() -> None:
    one = (says(Role.USER, "ab"), says(Role.USER, "c"))
    other = (says(Role.USER, "a"), says(Role.USER, "bc"))
    assert head_hash(one) != head_hash(other)


def test_the_common_prefix_ends_at_the_first_difference() -> None:
    edited = (*CONVERSATION[:3], says(Role.USER, "call g"), CONVERSATION[4])
    assert common_prefix(CONVERSATION, edited) == 3
    assert common_prefix(CONVERSATION, CONVERSATION[:2]) == 2
    assert common_prefix((), CONVERSATION) == 0
