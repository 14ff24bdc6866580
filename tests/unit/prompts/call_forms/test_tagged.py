from collections.abc import Callable

import pytest

from agent_memory.prompts.call_forms.reader import CallForm
from agent_memory.prompts.call_forms.tagged_families import (
    GLM,
    KIMI_K3,
    MINICPM,
    MINIMAX,
    MUSE,
    QWEN_XML,
)
from tests.unit.prompts.call_forms.reading import output_of, parts_of, read, read_in_pieces

Write = Callable[..., str]


def qwen(name: str, *values: tuple[str, str]) -> str:
    written = "".join(f"<parameter={key}>\n{text}\n</parameter>\n" for key, text in values)
    return f"<tool_call>\n<function={name}>\n{written}</function>\n</tool_call>"


def glm(name: str, *values: tuple[str, str]) -> str:
    written = "".join(
        f"<arg_key>{key}</arg_key>\n<arg_value>{text}</arg_value>\n" for key, text in values
    )
    return f"<tool_call>{name}\n{written}</tool_call>"


def minimax(name: str, *values: tuple[str, str]) -> str:
    written = "".join(f'<parameter name="{key}">{text}</parameter>\n' for key, text in values)
    return f'<minimax:tool_call>\n<invoke name="{name}">\n{written}</invoke>\n</minimax:tool_call>'


def minicpm(name: str, *values: tuple[str, str]) -> str:
    written = "".join(
        f'<param name="{key}"><![CDATA[{text}]]></param>'
        if set(text) & set("<&\n")
        else f'<param name="{key}">{text}</param>'
        for key, text in values
    )
    return f'<function name="{name}">{written}</function>'


def muse(name: str, *values: tuple[str, str]) -> str:
    written = "".join(
        f'<atem:parameter name="{key}">{text}</atem:parameter>\n' for key, text in values
    )
    called = f'<atem:invoke name="{name}">\n{written}</atem:invoke>'
    return f"<atem:function_calls>\n{called}\n</atem:function_calls>"


def kimi_k3(name: str, *values: tuple[str, str]) -> str:
    written = "".join(
        f'<|open|>argument key="{key}" type="string"<|sep|>{text}<|close|>argument<|sep|>'
        for key, text in values
    )
    called = f'<|open|>call tool="{name}" index="12"<|sep|>{written}<|close|>call<|sep|>'
    return f"<|open|>tools<|sep|>{called}<|close|>tools<|sep|>"


FAMILIES = [
    (QWEN_XML, qwen),
    (GLM, glm),
    (MINIMAX, minimax),
    (MINICPM, minicpm),
    (MUSE, muse),
    (KIMI_K3, kimi_k3),
]
each_family = pytest.mark.parametrize(
    ("form", "call"), FAMILIES, ids=[write.__name__ for _, write in FAMILIES]
)

PATH = "<parameter=path>\na.txt\n</parameter>"
ENDS = "A block ends with </parameter> or </arg_value> here.\nThen </function> or </invoke>, then "


@each_family
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "  indented\n    more\n",
        "\n\ntwo lines before and after\n\n",
        "null",
        "123",
        "true",
        '{"a": 1}',
        "</tool_call>",
        "<tool_call>",
        "a </tool_call> b </minimax:tool_call> c",
        f"{ENDS}</tool_call> and </minimax:tool_call>.",
        "<function=write_file>\n<parameter=path>",
        "x</parameter>\n<parameter=other>\ny</arg_value>\n<arg_key>other</arg_key>\n<arg_value>z",
        "</parameter></arg_value>",
        "ends with </parameter>\n</function>\n</tool_call>",
        "</arg_value>\n</tool_call> ends with </invoke>\n</minimax:tool_call>",
        "quotes \" and ' and { brackets [ and \\ and é日本語😀",
    ],
)
def test_text_is_taken_to_the_blank(form: CallForm, call: Write, text: str) -> None:
    written = call("write_file", ("path", "a.txt"), ("content", text))
    assert read_in_pieces(form, written) == [("write_file", {"path": "a.txt", "content": text})]
    swapped = call("write_file", ("content", text), ("path", "a.txt"))
    assert read(form, list(swapped)) == [("write_file", {"path": "a.txt", "content": text})]


@each_family
def test_a_call_that_is_quoted_in_a_value_is_a_part_of_it(form: CallForm, call: Write) -> None:
    quoted = f"So one writes it:\n{call('write_file', ('path', 'x'), ('content', 'y'))}\nand more."
    written = call("write_file", ("path", "a.md"), ("content", quoted))
    assert read_in_pieces(form, written) == [("write_file", {"path": "a.md", "content": quoted})]


@each_family
def test_other_values_are_what_the_schema_makes_of_them(form: CallForm, call: Write) -> None:
    values = (("limit", "7"), ("exact", "true"), ("where", '{"a": [1, null]}'), ("text", "12"))
    assert read_in_pieces(form, call("search", *values)) == [
        ("search", {"limit": 7, "exact": True, "where": {"a": [1, None]}, "text": "12"})
    ]


@each_family
def test_an_integer_that_is_none_stays_text(form: CallForm, call: Write) -> None:
    assert read(form, call("search", ("limit", "about 5"), ("text", "null"))) == [
        ("search", {"limit": "about 5", "text": None})
    ]


@each_family
@pytest.mark.parametrize("between", ["", "\n", " \n\n"])
def test_calls_after_each_other_are_several(form: CallForm, call: Write, between: str) -> None:
    calls = [call("write_file", ("path", "a")), call("now"), call("now"), call("fs.write:v2/x")]
    assert read_in_pieces(form, f"Now:\n{between.join(calls)}\n") == [
        ("text", "Now:"),
        ("write_file", {"path": "a"}),
        ("now", {}),
        ("now", {}),
        ("fs.write:v2/x", {}),
    ]


@each_family
@pytest.mark.parametrize("name", ["nothing", "write", "write_file2", "Fs.write:v2/x", ""])
def test_a_name_that_is_no_tools_is_text(form: CallForm, call: Write, name: str) -> None:
    written = f"So: {call(name, ('path', 'a'))} done"
    assert read_in_pieces(form, written) == [("text", written)]


@each_family
@pytest.mark.parametrize(
    "prose",
    [
        "<tool_call>I will look it up</tool_call>",
        "<tool_call>now I will look it up</tool_call> really",
        "<function=now> is a function, <minimax:tool_call> a mark",
        '<invoke name="now"> it',
        "<tool_call>",
        "Say <tool_call> and <function=",
    ],
)
def test_prose_is_no_call(form: CallForm, call: Write, prose: str) -> None:
    assert read_in_pieces(form, prose) == [("text", prose)]
    assert read_in_pieces(form, f"{prose}\n{call('now')}") == [("text", prose), ("now", {})]


@each_family
def test_text_after_a_call_is_text(form: CallForm, call: Write) -> None:
    assert read_in_pieces(form, f"{call('now')}\n\nThat was it. ") == [
        ("now", {}),
        ("text", "That was it. "),
    ]


@each_family
def test_text_between_calls_is_text(form: CallForm, call: Write) -> None:
    written = f"{call('fs.write:v2/x', ('path', 'a'))}\nand\n{call('now')}"
    assert read_in_pieces(form, written) == [
        ("fs.write:v2/x", {"path": "a"}),
        ("text", "and"),
        ("now", {}),
    ]


@pytest.mark.parametrize(("form", "call"), [(QWEN_XML, qwen), (GLM, glm), (MINIMAX, minimax)])
def test_json_between_the_marks_of_another_form_is_understood(form: CallForm, call: Write) -> None:
    mark = form.starts[0]
    end = mark.replace("<", "</")
    body = '{"name": "write_file", "arguments": {"path": "</tool_call>"}}'
    assert read_in_pieces(form, f"{mark}\n{body}\n{end}\n{call('now')}") == [
        ("write_file", {"path": "</tool_call>"}),
        ("now", {}),
    ]


@each_family
def test_a_call_that_its_model_ended_without_all_marks_is_a_call(
    form: CallForm, call: Write
) -> None:
    written = call("write_file", ("path", "a"), ("content", "b"))
    ends = written[written.rindex("b") + 1 :].splitlines(keepends=True)
    for num_lost in range(1, len(ends) + 1):
        left = written.removesuffix("".join(ends[-num_lost:]))
        assert read(form, left) == [("write_file", {"path": "a", "content": "b"})]


@each_family
def test_a_call_that_was_cut_off_is_never_completed(form: CallForm, call: Write) -> None:
    written = call("write_file", ("path", "a"), ("content", 'rm -rf "/srv/</x> data"'))
    whole = '{"path":"a","content":"rm -rf \\"/srv/</x> data\\""}'
    last = len(written) - written[::-1].index('"') - 1
    for at in range(1, last):
        parts = read(form, written[:at], is_cut=True)
        calls = [arguments for kind, arguments in parts if kind == "write_file"]
        assert calls or parts in ([("", written[:at])], [("text", written[:at])])
        assert all(isinstance(each, str) and whole.startswith(each) for each in calls)
        assert not calls or parts == [("write_file", calls[0])]
    assert read(form, written, is_cut=True) == read(form, written)


@each_family
def test_a_cut_leaves_no_call_that_a_client_would_make(form: CallForm, call: Write) -> None:
    written = call("write_file", ("path", "a"), ("content", "b"))
    for end in (written.index("write") + 3, written.index("a", written.index("path")), -30):
        output = output_of(form)
        output.push(written[:end])
        output.finish(is_cut=True)
        assert not output.has_tool_calls


@each_family
def test_a_number_that_was_cut_off_is_no_other_number(form: CallForm, call: Write) -> None:
    written = call("search", ("limit", "1250"))
    cut = written[: written.index("50")]
    assert read(form, cut, is_cut=True) == [("search", '{"limit":12')]


def test_several_functions_in_one_block_are_several_calls() -> None:
    both = qwen("write_file", ("path", "a")).removesuffix("\n</tool_call>") + qwen(
        "now"
    ).removeprefix("<tool_call>")
    assert read_in_pieces(QWEN_XML, both) == [("write_file", {"path": "a"}), ("now", {})]


def test_several_invokes_in_one_block_are_several_calls() -> None:
    first = minimax("write_file", ("path", "a")).removesuffix("</minimax:tool_call>")
    second = minimax("now").removeprefix("<minimax:tool_call>\n")
    assert read_in_pieces(MINIMAX, first + second) == [
        ("write_file", {"path": "a"}),
        ("now", {}),
    ]


@pytest.mark.parametrize(
    "written",
    [
        "<function=write_file>\n<parameter=path>\na.txt\n</parameter>\n</function>",
        "<function=write_file>\n<parameter=path>\na.txt\n</parameter>\n</function>\n</tool_call>",
        f"<tool_call>\n<function=write_file>\n{PATH}\n</function> \n</tool_call>",
        f"<tool_call>\n<function=write_file>\n{PATH}\n</function>\n\n\n</tool_call>",
        f"<tool_call> <function=write_file> {PATH}</function></tool_call>",
        "<tool_call><function=write_file><parameter=path>a.txt</parameter></function></tool_call>",
        "<tool_call>\n<function=write_file>\n<parameter=path>\na.txt\n</function>\n</tool_call>",
        "<tool_call>\n<function=write_file>\n<parameter=path>\na.txt\n</tool_call>",
    ],
)
def test_blanks_and_lost_marks_around_a_function_change_nothing(written: str) -> None:
    assert read_in_pieces(QWEN_XML, f"Ok.\n{written}") == [
        ("text", "Ok."),
        ("write_file", {"path": "a.txt"}),
    ]


def test_an_end_mark_that_was_forgotten_is_where_the_next_parameter_begins_a_line() -> None:
    written = qwen("write_file", ("path", "a.txt"), ("content", "hi")).replace(
        "a.txt\n</parameter>", "a.txt"
    )
    assert read_in_pieces(QWEN_XML, written) == [("write_file", {"path": "a.txt", "content": "hi"})]


def test_the_opening_of_a_parameter_that_is_given_further_on_is_text() -> None:
    text = "write\n<parameter=content>\nand the text"
    written = qwen("write_file", ("path", text), ("content", "hi"))
    assert read_in_pieces(QWEN_XML, written) == [("write_file", {"path": text, "content": "hi"})]


def test_the_opening_of_a_parameter_that_was_given_is_text() -> None:
    text = "a\n</parameter>\n<parameter=path>\nb"
    written = qwen("write_file", ("path", "p"), ("content", text))
    assert read_in_pieces(QWEN_XML, written) == [("write_file", {"path": "p", "content": text})]


def test_after_the_only_call_that_is_wanted_the_next_one_is_not_read() -> None:
    output = output_of(QWEN_XML, is_single_call=True)
    deltas = output.push(f"{qwen('now')}\n{qwen('write_file')}")
    assert parts_of(deltas) == [("now", {})]
    assert output.is_complete
