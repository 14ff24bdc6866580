"""Turns in harmony, as clients are told of them."""

import re
from collections.abc import Sequence
from itertools import count

import pytest

from agent_memory.prompts.harmony.header import header_of
from agent_memory.prompts.harmony.marks import MARKS
from agent_memory.prompts.harmony.output import HarmonyOutput
from agent_memory.prompts.output_deltas import OutputDelta
from tests.unit.prompts.call_forms.reading import STRING, Part, parts_of, tool

TOOLS = (tool("write", path=STRING), tool("fs.write:v2/x", path=STRING), tool("now"))
MARK = re.compile(f"({'|'.join(map(re.escape, MARKS))})")
THOUGHT = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant"
WRITE = "<|channel|>commentary to=functions.write <|constrain|>json<|message|>"


def output(**more: object) -> HarmonyOutput:
    numbers = count(1)
    given = {"index": 0, "new_call_id": lambda: f"call_{next(numbers)}", "tools": TOOLS, **more}
    return HarmonyOutput(**given)  # type: ignore[arg-type]


def read_in(
    cuts: Sequence[int], text: str, *, is_cut: bool = False, **more: object
) -> tuple[list[Part], HarmonyOutput]:
    """What is told of a text whose marks are tokens, and whose words are cut at `cuts`."""
    parser = output(**more)
    deltas: list[OutputDelta] = []
    at = 0
    for piece in filter(None, MARK.split(text)):
        if piece in MARKS:
            deltas += parser.push_mark(piece)
        else:
            inner = [cut - at for cut in cuts if at < cut < at + len(piece)]
            for begin, end in zip([0, *inner], [*inner, len(piece)], strict=True):
                deltas += parser.push(piece[begin:end])
        at += len(piece)
    deltas += parser.finish(is_cut=is_cut)
    return parts_of(deltas), parser


def read(text: str, **more: object) -> list[Part]:
    """The same however the text is cut."""
    whole, _ = read_in([], text, **more)  # type: ignore[arg-type]
    assert read_in(range(len(text)), text, **more)[0] == whole  # type: ignore[arg-type]
    for at in range(1, len(text)):
        assert read_in([at], text, **more)[0] == whole  # type: ignore[arg-type]
    return whole


def test_channels_are_thinking_and_text() -> None:
    assert read(f"{THOUGHT}<|channel|>final<|message|>It is 4. \n") == [
        ("thinking", "Hm."),
        ("text", "It is 4. \n"),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "<|channel|>commentary to=functions.write <|constrain|>json",
        "<|channel|>commentary to=functions.write<|constrain|>json",
        "<|channel|>commentary to=functions.write json",
        "<|channel|>commentary to=functions.write",
        "<|channel|>commentary to=write code",
        " to=functions.write<|channel|>commentary <|constrain|>json",
        " to=functions.write<|channel|>commentary json",
        "<|channel|>analysis to=functions.write code",
    ],
)
def test_a_call_has_its_recipient_in_either_place(header: str) -> None:
    call = ("write", {"path": "<|x|> }"})
    text = f'{header}<|message|>{{"path": "<|x|> }}"}}'
    assert read(text) == [call]
    assert read(f"{THOUGHT}{text}") == [("thinking", "Hm."), call]
    assert read(f"{text}<|call|>") == [call]


def test_names_with_dots_slashes_and_colons_are_whole() -> None:
    text = " to=functions.fs.write:v2/x<|channel|>commentary json<|message|>{}"
    assert read(text) == [("fs.write:v2/x", {})]


def test_what_leads_up_to_a_call_is_text() -> None:
    text = f"<|channel|>commentary<|message|>I will write.<|end|><|start|>assistant{WRITE}{{}}"
    assert read(text) == [("text", "I will write."), ("write", {})]


def test_texts_of_one_turn_are_a_blank_line_apart() -> None:
    text = (
        "<|channel|>commentary<|message|>First.<|end|>"
        "<|start|>assistant<|channel|>final<|message|>Last.<|return|>"
    )
    assert read(text) == [("text", "First.\n\nLast.")]


def test_a_call_that_is_drafted_in_thinking_is_none() -> None:
    draft = '<|channel|>analysis<|message|>I could write to=functions.write {"path": "a"}'
    assert read(f"{draft}<|end|><|start|>assistant<|channel|>final<|message|>No.") == [
        ("thinking", 'I could write to=functions.write {"path": "a"}'),
        ("text", "No."),
    ]


def test_a_tool_that_is_none_of_the_request_is_text() -> None:
    text = '<|channel|>commentary to=functions.rm json<|message|>{"path": "/"}'
    assert read(text) == [("text", text)]
    assert read(f"{WRITE}{{}}", tools=()) == [("text", f"{WRITE}{{}}")]


def test_arguments_that_are_no_object_are_text() -> None:
    assert read(f"{WRITE}a.txt") == [("text", f"{WRITE}a.txt")]


@pytest.mark.parametrize("arguments", ['{"path": "a', '{"path"', '{"path": "a"', "{", ""])
def test_a_call_that_was_cut_off_is_not_completed(arguments: str) -> None:
    ((name, given),) = read(f"{WRITE}{arguments}", is_cut=True)
    assert name == "write"
    assert isinstance(given, str)
    assert not read_in([], f"{WRITE}{arguments}", is_cut=True)[1].has_tool_calls


def test_a_call_that_was_cut_off_in_its_header_has_no_name() -> None:
    text = "<|channel|>commentary to=functions.wr"
    assert read(text, is_cut=True) == [("", text)]


def test_a_call_without_arguments_has_none() -> None:
    assert read(WRITE) == [("write", {})]


def test_brackets_that_were_forgotten_are_put_there() -> None:
    assert read(f'{WRITE}{{"path": "a"') == [("write", {"path": "a"})]


def test_a_message_without_an_end_ends_where_the_next_one_begins() -> None:
    text = "<|channel|>analysis<|message|>Hm.<|channel|>final<|message|>Yes."
    assert read(text) == [("thinking", "Hm."), ("text", "Yes.")]


def test_an_answer_without_a_header_is_text() -> None:
    assert read("to be, or not") == [("text", "to be, or not")]
    assert read("Hello") == [("text", "Hello")]


def test_nothing_follows_a_single_call() -> None:
    text = f"{WRITE}{{}}<|call|><|start|>assistant{WRITE}{{}}"
    told, parser = read_in([], text, is_single_call=True)
    assert (told, parser.is_complete) == ([("write", {})], True)


def test_two_calls_of_one_turn_are_told() -> None:
    assert read(f"{WRITE}{{}}<|call|><|start|>assistant to=functions.now<|message|>{{}}") == [
        ("write", {}),
        ("now", {}),
    ]


def test_stops_count_in_text_alone() -> None:
    text = (
        "<|channel|>analysis<|message|>a STOP<|end|><|start|>assistant<|channel|>final<|message|>"
    )
    told, parser = read_in([], f"{text}b STOP c", stops=["STOP"])
    assert told == [("thinking", "a STOP"), ("text", "b ")]
    assert parser.stop_sequence == "STOP"
    assert read(f"{text}b ST", stops=["STOP"])[-1] == ("text", "b ST")


def test_a_message_that_the_prompt_has_opened_goes_on() -> None:
    more = {"header": header_of("assistant<|channel|>final"), "is_open": True}
    assert read(" and so on", **more) == [("text", " and so on")]


def test_every_token_is_told_once() -> None:
    parser = output()
    deltas = [*parser.push_mark("<|channel|>"), *parser.push("analysis")]
    deltas += [*parser.push_mark("<|message|>"), *parser.push("Hm."), *parser.push_mark("<|end|>")]
    deltas += [*parser.push_mark("<|start|>"), *parser.push("assistant")]
    deltas += [*parser.push_mark("<|channel|>"), *parser.push("final")]
    deltas += [*parser.push_mark("<|message|>"), *parser.push("4"), *parser.finish()]
    assert [delta.num_tokens for delta in deltas] == [4, 7]  # type: ignore[union-attr]
