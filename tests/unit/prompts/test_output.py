import json
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent_memory.prompts.calls import ParsedCall, is_json_object, parse_json_calls
from agent_memory.prompts.output import OutputParser
from agent_memory.prompts.output_deltas import OutputDelta
from agent_memory.prompts.output_format import OutputFormat
from agent_memory.turns.events import (
    TextDelta,
    ThinkingDelta,
    TokenLogprob,
    ToolCallDelta,
    ToolCallStarted,
)

QWEN = OutputFormat("<think>", "</think>", "<tool_call>", "</tool_call>", has_json_calls=True)
CALL = '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>'


def parse_tagged(body: str) -> Sequence[ParsedCall]:
    """A format that is no JSON: `name(text)`."""
    name, bracket, rest = body.strip().partition("(")
    if not bracket or not rest.endswith(")"):
        raise ValueError("no call")
    return (ParsedCall(name, json.dumps({"text": rest[:-1]})),)


def parser(
    form: OutputFormat = QWEN,
    *,
    stops: Sequence[str] = (),
    is_single_call: bool = False,
    starts_in_thinking: bool = False,
) -> OutputParser:
    numbers = count(1)
    return OutputParser(
        form,
        index=0,
        parse_call=parse_json_calls if form.has_json_calls else parse_tagged,
        new_call_id=lambda: f"call_{next(numbers)}",
        stops=stops,
        is_single_call=is_single_call,
        starts_in_thinking=starts_in_thinking,
    )


def read(pieces: Sequence[str], reader: OutputParser | None = None) -> list[tuple[str, str]]:
    """(kind, whole text) of each part of the output."""
    reader = reader or parser()
    deltas: list[OutputDelta] = []
    for piece in pieces:
        deltas.extend(reader.push(piece))
    deltas.extend(reader.finish())
    return joined(deltas)


def joined(deltas: Sequence[OutputDelta]) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    for delta in deltas:
        match delta:
            case TextDelta(text=text):
                kind = "text"
            case ThinkingDelta(text=text):
                kind = "thinking"
            case ToolCallStarted(id=call_id, name=name):
                kind, text = "call", f"{call_id} {name} "
            case ToolCallDelta(arguments=text):
                kind = "call"
        if parts and parts[-1][0] == kind and not isinstance(delta, ToolCallStarted):
            parts[-1] = (kind, parts[-1][1] + text)
        else:
            parts.append((kind, text))
    return parts


def test_plain_text_passes_as_it_comes() -> None:
    reader = parser()
    assert reader.push("Hel") == (TextDelta(0, "Hel", 1),)
    assert reader.push("lo") == (TextDelta(0, "lo", 1),)
    assert reader.finish() == ()


def test_thinking_text_and_calls_are_told_apart() -> None:
    assert read([f"<think>\nhm\n</think>\n\nSure.\n{CALL}"]) == [
        ("thinking", "hm"),
        ("text", "Sure."),
        ("call", 'call_1 f {"a":1}'),
    ]


def test_thinking_that_the_prompt_has_opened_needs_no_marker() -> None:
    assert read(["hm</think>Hi"], parser(starts_in_thinking=True)) == [
        ("thinking", "hm"),
        ("text", "Hi"),
    ]


def test_empty_thinking_is_no_part() -> None:
    assert read(["<think>\n\n</think>\n\nHi"]) == [("text", "Hi")]


def test_arguments_are_streamed_and_the_name_comes_first() -> None:
    reader = parser()
    assert reader.push('<tool_call>\n{"name": "f", "arguments": {"a') == (
        ToolCallStarted(0, "call_1", "f"),
        ToolCallDelta(0, '{"a', 1),
    )
    assert reader.push('": 1}}') == (ToolCallDelta(0, '":1}', 1),)
    assert reader.has_tool_calls


def test_parallel_calls_have_their_own_ids() -> None:
    assert read([CALL + "\n" + CALL]) == [
        ("call", 'call_1 f {"a":1}'),
        ("call", 'call_2 f {"a":1}'),
    ]


@pytest.mark.parametrize(
    "written",
    [
        CALL + "\n" + CALL,
        CALL + "And then",
        CALL.removesuffix("\n</tool_call>") + CALL,
        CALL.replace("}\n<", '}\n{"name": "g", "arguments": {}}\n<'),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_single_call_is_all_when_no_more_are_wanted(written: str, size: int) -> None:
    reader = parser(is_single_call=True)
    text = "Sure." + written
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert read(pieces, reader) == [("text", "Sure."), ("call", 'call_1 f {"a":1}')]
    assert reader.is_complete


def test_an_answer_without_a_call_is_never_complete_by_itself() -> None:
    reader = parser(is_single_call=True)
    assert read(["Sure.", "<tool_call>what?</tool_call>"], reader)
    assert not reader.is_complete


def test_two_calls_between_one_pair_of_markers_are_two_calls() -> None:
    body = '{"name": "f", "arguments": {"a": 1}}\n{"name": "g", "arguments": {}}'
    assert read([f"<tool_call>\n{body}\n</tool_call>"]) == [
        ("call", 'call_1 f {"a":1}'),
        ("call", "call_2 g {}"),
    ]


def test_a_call_that_is_not_closed_ends_where_the_next_begins() -> None:
    assert read(['<tool_call>{"name": "f", "arguments": {"a": 1}}' + CALL]) == [
        ("call", 'call_1 f {"a":1}'),
        ("call", 'call_2 f {"a":1}'),
    ]


def test_a_call_that_is_not_closed_ends_with_the_output() -> None:
    assert read([CALL.removesuffix("\n</tool_call>")]) == [("call", 'call_1 f {"a":1}')]


@pytest.mark.parametrize("is_cut", [False, True])
@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('{"a": "tw', '{"a":"tw'),
        ('{"a": 12', '{"a":12'),
        ('{"comma', '{"comma'),
        ('{"a": [1, ', '{"a":[1,'),
        ('{"a": "x" y"}}', '{"a":"x"y"}}'),
    ],
)
def test_a_call_that_breaks_off_is_not_made_whole(written: str, told: str, is_cut: bool) -> None:
    reader = parser()
    deltas = reader.push('<tool_call>{"name": "f", "arguments": ' + written)
    assert joined([*deltas, *reader.finish(is_cut=is_cut)]) == [("call", f"call_1 f {told}")]
    assert not reader.has_tool_calls


@pytest.mark.parametrize("body", ["", "\n", '{"na', '{"arguments": {"a": 1}, "nam', "[{"])
def test_a_call_that_is_cut_off_before_its_name_has_none(body: str) -> None:
    reader = parser()
    deltas = [*reader.push(f"Now: <tool_call>{body}"), *reader.finish(is_cut=True)]
    assert joined(deltas) == [("text", "Now:"), ("call", f"call_1  <tool_call>{body}")]
    assert not reader.has_tool_calls


def test_a_call_in_another_format_that_is_cut_off_is_not_read() -> None:
    reader = parser(OutputFormat(call_start="[[", call_end="]]"))
    deltas = [*reader.push("a [[f(x)"), *reader.finish(is_cut=True)]
    assert joined(deltas) == [("text", "a"), ("call", "call_1  [[f(x)")]
    assert not reader.has_tool_calls


def test_a_mark_of_calls_in_prose_that_is_cut_off_is_text() -> None:
    reader = parser()
    deltas = [*reader.push("Write <tool_call> to"), *reader.finish(is_cut=True)]
    assert joined(deltas) == [("text", "Write <tool_call> to")]


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_call_that_is_whole_but_for_its_mark_is_one(is_cut: bool) -> None:
    reader = parser()
    deltas = [*reader.push(CALL.removesuffix("\n</tool_call>")), *reader.finish(is_cut=is_cut)]
    assert joined(deltas) == [("call", 'call_1 f {"a":1}')]
    assert reader.has_tool_calls


def test_brackets_that_the_model_forgot_are_put_there() -> None:
    reader = parser()
    assert read(['<tool_call>{"name": "f", "arguments": {"a": [1, 2</tool_call>'], reader) == [
        ("call", 'call_1 f {"a":[1,2]}')
    ]
    assert reader.has_tool_calls


@pytest.mark.parametrize("starts_in_thinking", [False, True])
@pytest.mark.parametrize(
    ("written", "parts"),
    [
        (f"no {CALL} no</think>Hi", [("thinking", f"no {CALL} no"), ("text", "Hi")]),
        (f"{CALL}</think>Hi", [("thinking", CALL), ("text", "Hi")]),
        (f"a <tool_call> b</think>{CALL}", [
            ("thinking", "a <tool_call> b"), ("call", 'call_2 f {"a":1}')
        ]),
        (f"hm\n{CALL}", [("thinking", "hm"), ("call", 'call_1 f {"a":1}')]),
        (f"hm {CALL} no", [("thinking", f"hm {CALL} no")]),
        (f'hm {CALL[:-20]}', [("thinking", f'hm {CALL[:-20]}')]),
    ],
)  # fmt: skip
def test_a_call_in_thinking_counts_only_where_the_turn_ends_with_it(
    written: str, parts: list[tuple[str, str]], starts_in_thinking: bool
) -> None:
    text = written if starts_in_thinking else f"<think>{written}"
    for at in range(len(text)):
        reader = parser(starts_in_thinking=starts_in_thinking)
        found = read([text[:at], text[at:]], reader)
        ids = [(kind, re.sub(r"call_\d+", "call_n", said)) for kind, said in found]
        assert ids == [(kind, re.sub(r"call_\d+", "call_n", said)) for kind, said in parts]
        assert reader.has_tool_calls == any(kind == "call" for kind, _ in parts)


def read_tokens(tokens: Sequence[str], reader: OutputParser) -> list[tuple[str, str]]:
    """As `read`, of a model whose end mark of thinking is one token."""
    deltas: list[OutputDelta] = []
    for token in tokens:
        deltas += reader.push_mark(token) if token == "</think>" else reader.push(token)
    return joined([*deltas, *reader.finish()])


@pytest.mark.parametrize(
    ("tokens", "parts"),
    [
        (["hm", "</think>", "Hi"], [("thinking", "hm"), ("text", "Hi")]),
        (
            ["The mark </th", "ink> ends it.", "</think>", "Hi"],
            [("thinking", "The mark </think> ends it."), ("text", "Hi")],
        ),
        (
            ["</th", f"ink> {CALL}</thin", "k>", "</think>", "Hi"],
            [("thinking", f"</think> {CALL}</think>"), ("text", "Hi")],
        ),
        (["hm</th", "ink>\nHi", CALL], [
            ("thinking", "hm"), ("text", "Hi"), ("call", 'call_1 f {"a":1}')
        ]),
        ([f"{CALL} no</th", "ink>Hi"], [("thinking", f"{CALL} no"), ("text", "Hi")]),
        (["hm", "</think>", "a </th", "ink>, ", "</think>", " b"], [
            ("thinking", "hm"), ("text", "a </think>, </think> b")
        ]),
        ([CALL, "</think>", CALL], [("thinking", CALL), ("call", 'call_1 f {"a":1}')]),
    ],
)  # fmt: skip
def test_an_end_mark_that_is_a_token_is_told_from_one_that_is_spelled(
    tokens: list[str], parts: list[tuple[str, str]]
) -> None:
    form = replace(QWEN, ends_thinking_by_token=True)
    assert read_tokens(tokens, parser(form, starts_in_thinking=True)) == parts
    assert read_tokens(["<think>", *tokens], parser(form)) == parts
    letters = [each for t in tokens for each in ([t] if t == "</think>" else list(t))]
    assert read_tokens(letters, parser(form, starts_in_thinking=True)) == parts


def test_a_call_drafted_in_thinking_that_is_cut_off_is_none() -> None:
    reader = parser()
    deltas = [*reader.push(f"<think>hm {CALL}"), *reader.finish(is_cut=True)]
    assert joined(deltas) == [("thinking", f"hm {CALL}")]


@pytest.mark.parametrize(
    "answer",
    [
        "Between <think> and </think> tags.",
        "It begins with <think>.",
        "</think> ends it.",
        "a<think>b</think>c",
    ],
)
def test_a_mark_of_thinking_in_an_answer_is_text(answer: str) -> None:
    for at in range(len(answer)):
        assert read([answer[:at], answer[at:]]) == [("text", answer)]
    assert read([f"<think>hm</think>{answer}"]) == [("thinking", "hm"), ("text", answer)]
    assert read([f"<think>hm</think>\n<think>{answer}"]) == [
        ("thinking", "hm"),
        ("text", f"<think>{answer}"),
    ]


def test_a_marker_in_a_string_of_the_arguments_belongs_to_it() -> None:
    arguments = {"text": "write </tool_call> and <tool_call> here"}
    body = json.dumps({"name": "f", "arguments": arguments})
    ((kind, text),) = read([f"<tool_call>{body}</tool_call>"])
    assert kind == "call"
    assert json.loads(text.removeprefix("call_1 f ")) == arguments


def test_arguments_in_front_of_the_name_come_in_one_piece() -> None:
    assert read(['<tool_call>{"arguments": {"a": 1}, "name": "f"}</tool_call>']) == [
        ("call", 'call_1 f {"a":1}')
    ]


def test_a_comma_too_many_is_mended() -> None:
    assert read(['<tool_call>{"name": "f", "arguments": {"a": 1,},}</tool_call>']) == [
        ("call", 'call_1 f {"a":1}')
    ]


def test_a_call_that_nobody_can_read_is_text(caplog: pytest.LogCaptureFixture) -> None:
    reader = parser()
    with caplog.at_level(logging.WARNING):
        parts = read(["Now: <tool_call>f of 1</tool_call> done"], reader)
    assert parts == [("text", "Now: <tool_call>f of 1</tool_call> done")]
    assert not reader.has_tool_calls
    assert "could not be read" in caplog.text


def test_broken_arguments_are_told_as_they_were_written() -> None:
    reader = parser()
    assert read(['<tool_call>{"name": "f", "arguments": {"a": "x" y"}}\n</tool_call>'], reader) == [
        ("call", 'call_1 f {"a":"x"y"}}'),
    ]
    assert reader.has_tool_calls


def test_formats_that_are_no_json_are_read_when_they_are_whole() -> None:
    form = OutputFormat(call_start="[[", call_end="]]")
    assert read(["a [[f(x)]] b [[g(y)]]"], parser(form)) == [
        ("text", "a"),
        ("call", 'call_1 f {"text": "x"}'),
        ("text", "b"),
        ("call", 'call_2 g {"text": "y"}'),
    ]


def test_a_format_without_an_end_marker_ends_with_the_output() -> None:
    form = OutputFormat(call_start="[CALLS]", call_end="")
    assert read(["ok[CALLS]f(x)"], parser(form)) == [
        ("text", "ok"),
        ("call", 'call_1 f {"text": "x"}'),
    ]


def test_the_models_own_id_is_kept() -> None:
    reader = OutputParser(
        OutputFormat(call_start="[[", call_end="]]"),
        index=0,
        parse_call=lambda body: (ParsedCall(body, "{}", "functions.f:0"),),
        new_call_id=lambda: "call_1",
    )
    assert read(["[[f]]"], reader) == [("call", "functions.f:0 f {}")]


def test_without_markers_everything_is_text() -> None:
    text = f"<think>hm</think>\n{CALL}\n"
    assert read([text], parser(OutputFormat())) == [("text", text)]


def test_marks_of_structure_are_dropped() -> None:
    form = replace(QWEN, dropped=("<|open|>", "<|close|>"))
    assert read(["<|open|>Hi<|cl", "ose|>"], parser(form)) == [("text", "Hi")]


def test_a_stop_string_ends_the_text_and_is_no_part_of_it() -> None:
    reader = parser(stops=["END"])
    assert read(["one E", "ND two"], reader) == [("text", "one ")]
    assert reader.stop_sequence == "END"
    assert reader.push("more") == ()


def test_stop_strings_do_not_count_in_thinking_and_calls() -> None:
    reader = parser(stops=["a"])
    assert read([f"<think>a cat</think>{CALL}"], reader) == [
        ("thinking", "a cat"),
        ("call", 'call_1 f {"a":1}'),
    ]
    assert reader.stop_sequence is None


def test_whitespace_behind_thinking_does_not_stop_the_answer() -> None:
    reader = parser(stops=["\n\n"])
    assert read(["<think>hm</think>\n\nHi.\n\nBye."], reader) == [
        ("thinking", "hm"),
        ("text", "Hi."),
    ]


def test_tokens_and_logprobs_go_with_the_text_that_they_wrote() -> None:
    def token(text: str) -> TokenLogprob:
        return TokenLogprob(text, tuple(text.encode()), -0.5)

    reader = parser()
    pieces = ["<think>", "hm", "</think>", "\n\n", "Hi", " <", "b>", "\n", "<tool_call>", "x"]
    deltas: list[OutputDelta] = []
    for piece in pieces:
        deltas.extend(reader.push(piece, 1, [token(piece)]))
    shown = [delta for delta in deltas if isinstance(delta, TextDelta | ThinkingDelta)]
    assert [
        (type(delta), delta.text, [logprob.token for logprob in delta.logprobs]) for delta in shown
    ] == [
        (ThinkingDelta, "hm", ["hm"]),
        (TextDelta, "Hi", ["\n\n", "Hi"]),
        (TextDelta, " <b>", [" <", "b>"]),
    ]
    assert sum(delta.num_tokens for delta in shown) == 7


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "<think>", "</think>", "<tool_call>", "</tool_call>", "<tool", "</", " ", "\n", "Hi",
            '{"name": "f", "arguments": {', '"a": "x"', '"', "{", "}", "}}", ",", ": 1", "\\", "é",
            "END", CALL,
        ]
    ),
    max_size=14,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(FRAGMENTS, st.booleans(), st.sampled_from([QWEN, replace(QWEN, has_json_calls=False)]))
@example([CALL, "\n", CALL, "END"], False, QWEN)
@example(["<tool_call>", '{"name": "f", "arguments": {', '"a": "x"', "</tool_call>"], False, QWEN)
def test_the_result_does_not_depend_on_how_the_text_is_cut(
    fragments: list[str], starts_in_thinking: bool, form: OutputFormat
) -> None:
    def fresh() -> OutputParser:
        return parser(form, stops=["END", "}x"], starts_in_thinking=starts_in_thinking)

    whole = "".join(fragments)
    expected = read([whole], fresh())
    assert read(fragments, fresh()) == expected
    assert read(list(whole), fresh()) == expected
    for at in range(1, len(whole)):
        assert read([whole[:at], whole[at:]], fresh()) == expected
    reader = fresh()
    read([whole], reader)
    calls = [text.split(" ", 2)[2] for kind, text in expected if kind == "call"]
    assert reader.has_tool_calls or not any(map(is_json_object, calls))
