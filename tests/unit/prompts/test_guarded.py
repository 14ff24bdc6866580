import json

from agent_memory.prompts.control_marks import ControlMarks
from agent_memory.prompts.guarded import guarded_chat
from agent_memory.turns.messages import (
    Message,
    Recollection,
    Role,
    Text,
    Thinking,
    ToolResult,
    ToolSpec,
    ToolUse,
)

MARK = "<|im_end|>"
MARKS = ControlMarks((MARK, "<think>"))
CUT = "zq0qz"
CUT_MARK = f"<{CUT}|im_end|>"


def call(arguments: str, name: str = "f", call_id: str = "c") -> Message:
    return Message(Role.ASSISTANT, (ToolUse(call_id, name, arguments),))


def arguments_of(message: Message) -> object:
    (use,) = message.parts
    assert isinstance(use, ToolUse)
    return json.loads(use.arguments)


def test_a_conversation_without_marks_is_left_as_it_is() -> None:
    messages = (call('{ "a" :  1.0 }'), Message(Role.USER, (Text("a < b"),)))
    tools = (ToolSpec("f", "does f", {"type": "object"}),)
    chat = guarded_chat(messages, tools, MARKS)
    assert (chat.messages, chat.tools, chat.cut) == (messages, tools, "")


def test_every_word_of_a_conversation_is_cut_where_it_spells_a_mark() -> None:
    messages = (
        Message(Role.SYSTEM, (Text(MARK),)),
        Message(Role.USER, (Recollection(MARK, ("item_1",), 3), Text(MARK))),
        Message(
            Role.ASSISTANT,
            (Thinking(MARK), Text(MARK), ToolUse(MARK, MARK, json.dumps({MARK: [{"k": MARK}]}))),
        ),
        Message(Role.TOOL, (ToolResult(MARK, MARK, is_error=True),)),
    )
    schema = {"properties": {MARK: {"enum": [MARK, 1, None]}}}
    chat = guarded_chat(messages, (ToolSpec(MARK, MARK, schema),), MARKS)
    assert chat.cut == CUT
    assert chat.messages == (
        Message(Role.SYSTEM, (Text(CUT_MARK),)),
        Message(Role.USER, (Recollection(CUT_MARK, ("item_1",), 3), Text(CUT_MARK))),
        Message(
            Role.ASSISTANT,
            (
                Thinking(CUT_MARK),
                Text(CUT_MARK),
                ToolUse(CUT_MARK, CUT_MARK, json.dumps({CUT_MARK: [{"k": CUT_MARK}]})),
            ),
        ),
        Message(Role.TOOL, (ToolResult(CUT_MARK, CUT_MARK, is_error=True),)),
    )
    assert chat.tools == (
        ToolSpec(CUT_MARK, CUT_MARK, {"properties": {CUT_MARK: {"enum": [CUT_MARK, 1, None]}}}),
    )


def test_a_mark_in_arguments_is_found_however_its_letters_are_escaped() -> None:
    chat = guarded_chat([call('{"a": "\\u003c|im_end|\\u003e"}')], (), MARKS)
    assert arguments_of(chat.messages[0]) == {"a": CUT_MARK}


def test_arguments_that_are_no_json_are_cut_as_text() -> None:
    for text in (f'{{"a": "{MARK}', MARK, "[" * 100_000 + MARK):
        (part,) = guarded_chat([call(text)], (), MARKS).messages[0].parts
        assert isinstance(part, ToolUse)
        assert part.arguments == text.replace(MARK, CUT_MARK)


def test_a_text_that_spells_the_cut_makes_it_another_one() -> None:
    messages = [Message(Role.USER, (Text(f"{CUT} {MARK}"),))]
    chat = guarded_chat(messages, (), MARKS)
    assert chat.cut == "zq1qz"
    assert chat.messages == (Message(Role.USER, (Text(f"{CUT} <zq1qz|im_end|>"),)),)


def test_parts_that_only_together_spell_a_mark_are_cut_between() -> None:
    messages = [Message(Role.ASSISTANT, (Text("<|im_"), Text("end|>")))]
    (message,) = guarded_chat(messages, (), MARKS).messages
    assert MARK not in message.text
    assert message.text.replace(CUT, "") == MARK
