import json
from collections.abc import Callable, Mapping

import pytest

from agent_memory.prompts.call_forms.json_blocks import (
    APERTUS,
    APRIEL,
    COHERE,
    FUNCTIONARY,
    GIGACHAT,
    SOLAR,
)
from agent_memory.prompts.call_forms.json_families import (
    DEEPSEEK,
    KIMI_K2,
    LLAMA3,
    MISTRAL,
    DeepSeek,
    deepseek_mark,
)
from agent_memory.prompts.call_forms.reader import CallForm
from tests.unit.prompts.call_forms.reading import output_of, parts_of, read, read_in_pieces

Call = tuple[str, Mapping[str, object]]
Write = Callable[..., str]


def mistral(*calls: Call) -> str:
    return "".join(f"[TOOL_CALLS]{name}[ARGS]{json.dumps(value)}" for name, value in calls)


def mistral_with_ids(*calls: Call) -> str:
    return "".join(
        f"[TOOL_CALLS]{name}[CALL_ID]abcdefg1{at}[ARGS]{json.dumps(value)}"
        for at, (name, value) in enumerate(calls)
    )


def mistral_list(*calls: Call) -> str:
    listed = [
        {"name": name, "arguments": value, "id": f"abcdefg1{at}"}
        for at, (name, value) in enumerate(calls)
    ]
    return f"[TOOL_CALLS] {json.dumps(listed)}"


def kimi(*calls: Call) -> str:
    written = "".join(
        f"<|tool_call_begin|>functions.{name}:{at}<|tool_call_argument_begin|>"
        f"{json.dumps(value)}<|tool_call_end|>"
        for at, (name, value) in enumerate(calls)
    )
    return f"<|tool_calls_section_begin|>{written}<|tool_calls_section_end|>"


def _deepseek(*bodies: str) -> str:
    begin, end = deepseek_mark("tool call begin"), deepseek_mark("tool call end")
    written = "\n".join(f"{begin}{body}{end}" for body in bodies)
    return f"{DeepSeek.start}{written}{deepseek_mark('tool calls end')}"


def deepseek(*calls: Call) -> str:
    separator = deepseek_mark("tool sep")
    return _deepseek(*(f"{name}{separator}{json.dumps(value)}" for name, value in calls))


def deepseek_fenced(*calls: Call) -> str:
    separator = deepseek_mark("tool sep")
    return _deepseek(
        *(f"function{separator}{name}\n```json\n{json.dumps(value)}\n```" for name, value in calls)
    )


def llama(*calls: Call) -> str:
    return "; ".join(json.dumps({"name": name, "parameters": value}) for name, value in calls)


def llama_tagged(*calls: Call) -> str:
    return f"<|python_tag|>{llama(*calls)}"


def apriel(*calls: Call) -> str:
    listed = [{"name": name, "arguments": value} for name, value in calls]
    return f"<tool_calls>{json.dumps(listed)}</tool_calls>"


def minimax_m1(*calls: Call) -> str:
    lines = [json.dumps({"name": name, "arguments": value}) for name, value in calls]
    return "<tool_calls>\n" + "\n".join(lines) + "\n</tool_calls>"


def cohere(*calls: Call) -> str:
    listed = [
        {"tool_call_id": str(at), "tool_name": name, "parameters": value}
        for at, (name, value) in enumerate(calls)
    ]
    return f"<|START_ACTION|>{json.dumps(listed)}<|END_ACTION|>"


def gigachat(*calls: Call) -> str:
    return "".join(
        f"<|function_call|>{json.dumps({'name': name, 'arguments': value})}"
        for name, value in calls
    )


def apertus(*calls: Call) -> str:
    listed = ", ".join(json.dumps({name: value}) for name, value in calls)
    return f"<|tools_prefix|>[{listed}]<|tools_suffix|>"


def functionary(*calls: Call) -> str:
    return "".join(f"<function={name}>{json.dumps(value)}</function>" for name, value in calls)


def solar(*calls: Call) -> str:
    written = "".join(
        f"<|tool_call:begin|>id{at}<|tool_call:name|>{name}<|tool_call:args|>"
        f"{json.dumps(value)}<|tool_call:end|>"
        for at, (name, value) in enumerate(calls)
    )
    return f"<|tool_calls|>{written}<|calls|>"


FAMILIES = [
    (MISTRAL, mistral),
    (MISTRAL, mistral_with_ids),
    (MISTRAL, mistral_list),
    (KIMI_K2, kimi),
    (DEEPSEEK, deepseek),
    (DEEPSEEK, deepseek_fenced),
    (LLAMA3, llama),
    (LLAMA3, llama_tagged),
    (APRIEL, apriel),
    (APRIEL, minimax_m1),
    (COHERE, cohere),
    (GIGACHAT, gigachat),
    (APERTUS, apertus),
    (FUNCTIONARY, functionary),
    (SOLAR, solar),
]
each_family = pytest.mark.parametrize(
    ("form", "calls"), FAMILIES, ids=[write.__name__ for _, write in FAMILIES]
)
MARKS = (
    "[TOOL_CALLS] [ARGS] <|tool_call_end|> <|tool_calls_section_end|> <|python_tag|> ``` } ] "
    "\" ' \\ "
    f"{deepseek_mark('tool call end')} {deepseek_mark('tool calls end')} é日本語😀\n  indented\n"
)


@each_family
def test_a_call_is_read_whatever_stands_in_its_strings(form: CallForm, calls: Write) -> None:
    value = {"path": MARKS, "content": "", "deep": {"list": [1, -2.5, True, None, MARKS]}}
    assert read_in_pieces(form, calls(("write_file", value))) == [("write_file", value)]


@each_family
def test_several_calls_are_several(form: CallForm, calls: Write) -> None:
    written = calls(("write_file", {"path": "a"}), ("now", {}), ("fs.write:v2/x", {"path": "b"}))
    assert read_in_pieces(form, written) == [
        ("write_file", {"path": "a"}),
        ("now", {}),
        ("fs.write:v2/x", {"path": "b"}),
    ]


@each_family
@pytest.mark.parametrize("name", ["write", "write_file2", "file", "fs", "Now"])
def test_a_name_that_is_no_tools_is_text(form: CallForm, calls: Write, name: str) -> None:
    written = calls((name, {"path": "a"}))
    assert read_in_pieces(form, written) == [("text", written)]


@each_family
def test_a_call_after_which_the_output_is_cut_off_is_whole(form: CallForm, calls: Write) -> None:
    written = calls(("write_file", {"path": "a"}))
    output = output_of(form)
    deltas = output.push(written[: written.rindex("}") + 1])
    assert parts_of([*deltas, *output.finish(is_cut=True)]) == [("write_file", {"path": "a"})]
    assert output.has_tool_calls


@each_family
def test_a_call_that_was_cut_off_is_never_completed(form: CallForm, calls: Write) -> None:
    written = calls(("write_file", {"path": "/srv/data", "size": 1250, "all": [1, {"b": "c"}]}))
    whole = '{"path":"/srv/data","size":1250,"all":[1,{"b":"c"}]}'
    for at in range(written.index('"/srv'), written.index('"c"')):
        parts = read(form, written[:at], is_cut=True)
        assert [kind for kind, _ in parts] == ["write_file"]
        begun = str(parts[0][1])
        assert whole.startswith(begun)
        assert len(begun) < len(whole)


@each_family
def test_a_call_whose_name_was_cut_off_has_none(form: CallForm, calls: Write) -> None:
    written = calls(("write_file", {}))
    cut = written[: written.index("file")]
    expected = [("text", cut)] if calls is llama else [("", cut)]
    assert read(form, cut, is_cut=True) == expected


@each_family
def test_a_cut_takes_nothing_from_the_calls_before_it(form: CallForm, calls: Write) -> None:
    written = calls(("write_file", {"path": "a"}), ("fs.write:v2/x", {"path": "/srv/data"}))
    parts = read(form, written[: written.index("/data")], is_cut=True)
    assert parts == [("write_file", {"path": "a"}), ("fs.write:v2/x", '{"path":"/srv')]


@pytest.mark.parametrize(
    ("form", "calls"), [(form, calls) for form, calls in FAMILIES if calls is not llama]
)
def test_text_before_a_call_is_text(form: CallForm, calls: Write) -> None:
    written = f"I look. {calls(('now', {}))}"
    assert read_in_pieces(form, written) == [("text", "I look."), ("now", {})]


def test_text_after_a_call_of_mistral_is_text() -> None:
    written = f"{mistral(('now', {}))} and so on"
    assert read_in_pieces(MISTRAL, written) == [("now", {}), ("text", "and so on")]


def test_calls_of_mistral_need_one_mark_only() -> None:
    written = '[TOOL_CALLS]now[ARGS]{}write_file[ARGS]{"path": "a"}'
    assert read_in_pieces(MISTRAL, written) == [("now", {}), ("write_file", {"path": "a"})]


@pytest.mark.parametrize(
    "answer",
    [
        '{"name": "Ada", "parameters": {"born": 1815}}',
        '{"answer": 42}',
        '{"name": "now"}',
        '{"parameters": {}, "name": "Ada"}',
        "{",
        "{ now }",
        'See {"name": "now", "parameters": {}}',
    ],
)
def test_an_answer_in_json_is_no_call_of_llama(answer: str) -> None:
    assert read_in_pieces(LLAMA3, answer) == [("text", answer)]


def test_llama_may_tell_the_type_first_and_think_before() -> None:
    written = '<think>hm</think>\n\n{"type": "function", "name": "now", "parameters": {}}'
    assert read_in_pieces(LLAMA3, written) == [("thinking", "hm"), ("now", {})]
