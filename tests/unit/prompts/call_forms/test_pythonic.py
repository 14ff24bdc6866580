import pytest

from agent_memory.prompts.call_forms.pythonic import PYTHONIC, PYTHONIC_VERBATIM
from agent_memory.prompts.call_forms.reader import CallForm
from tests.unit.prompts.call_forms.reading import output_of, read, read_in_pieces

each_form = pytest.mark.parametrize("form", [PYTHONIC, PYTHONIC_VERBATIM])


def block(calls: str) -> str:
    return f"<|tool_call_start|>[{calls}]<|tool_call_end|>"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  indented\n",
        "it's",
        "C:\\new\\temp \\n \\",
        "print('a', \"b\")",
        "f(x='1', y=')]') <|tool_call_end|> <|tool_call_start|>",
        "null",
        "12",
        "é日本語😀",
    ],
)
def test_between_single_quotes_nothing_is_escaped_where_the_template_escapes_nothing(
    text: str,
) -> None:
    written = block(f"write_file(content='{text}', path='a')")
    assert read_in_pieces(PYTHONIC_VERBATIM, written) == [
        ("write_file", {"content": text, "path": "a"})
    ]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"'it\'s\n'", "it's\n"),
        (r'"say \"a\"\n\u00e9"', 'say "a"\né'),
        ("'two\nlines'", "two\nlines"),
        ("'a \"b\" c'", 'a "b" c'),
        ("'unescaped it's'", "unescaped it's"),
        (r"'C:\temp'", "C:\temp"),
        (r"'\ud8'", r"\ud8"),
    ],
)
def test_elsewhere_a_text_has_the_escapes_of_python(written: str, text: str) -> None:
    assert read_in_pieces(PYTHONIC, block(f"write_file(path={written})")) == [
        ("write_file", {"path": text})
    ]


@each_form
def test_other_values_are_json_or_pythons_literals(form: CallForm) -> None:
    where = "{'a': [1, None, True, 'x, limit=3']}"
    written = block(f"search(exact=True, limit=7, text=null, where={where})")
    expected: dict[str, object] = {
        "exact": True,
        "limit": 7,
        "text": None,
        "where": {"a": [1, None, True, "x, limit=3"]},
    }
    assert read_in_pieces(form, written) == [("search", expected)]
    written = block('search(where={"a": [null, 1e-05]}, exact=false)')
    expected = {"where": {"a": [None, 1e-05]}, "exact": False}
    assert read_in_pieces(form, written) == [("search", expected)]


@each_form
def test_a_text_that_lacks_its_quotes_is_text(form: CallForm) -> None:
    assert read(form, block("write_file(path=src/a.py, content=b)")) == [
        ("write_file", {"path": "src/a.py", "content": "b"})
    ]


@each_form
def test_several_calls_and_odd_names(form: CallForm) -> None:
    calls = block("now(), fs.write:v2/x(path='a'), now()")
    written = f"I look.\n{calls} Done."
    assert read_in_pieces(form, written) == [
        ("text", "I look."),
        ("now", {}),
        ("fs.write:v2/x", {"path": "a"}),
        ("now", {}),
        ("text", "Done."),
    ]


def test_calls_in_a_fence_are_calls() -> None:
    written = "<|tool_call_start|>\n```python\nwrite_file(path='a')\nnow()\n```\n<|tool_call_end|>"
    assert read_in_pieces(PYTHONIC, written) == [("write_file", {"path": "a"}), ("now", {})]


@each_form
def test_json_between_the_marks_is_understood(form: CallForm) -> None:
    written = block('{"name": "write_file", "arguments": {"path": ")]"}}')
    assert read_in_pieces(form, f"{written} Done") == [
        ("write_file", {"path": ")]"}),
        ("text", "Done"),
    ]


@each_form
@pytest.mark.parametrize("name", ["nothing", "write", "write_file2", "Now", ""])
def test_a_name_that_is_no_tools_is_text(form: CallForm, name: str) -> None:
    called = block(f"{name}(path='a')")
    written = f"So: {called} done"
    assert read_in_pieces(form, written) == [("text", written)]


@each_form
def test_a_call_that_was_cut_off_is_never_completed(form: CallForm) -> None:
    written = block("write_file(path='a', content='rm -rf /srv/tmp data')")
    whole = '{"path":"a","content":"rm -rf /srv/tmp data"}'
    for at in range(1, written.index("')]")):
        parts = read(form, written[:at], is_cut=True)
        calls = [arguments for kind, arguments in parts if kind == "write_file"]
        assert calls or parts in ([("", written[:at])], [("text", written[:at])])
        assert all(isinstance(each, str) and whole.startswith(each) for each in calls)
        output = output_of(form)
        output.push(written[:at])
        output.finish(is_cut=True)
        assert not output.has_tool_calls


@each_form
def test_a_cut_takes_nothing_from_the_calls_before_it(form: CallForm) -> None:
    written = block("write_file(path='a'), search(limit=1250)")
    cut = written[: written.index("50)")]
    assert read(form, cut, is_cut=True) == [
        ("write_file", {"path": "a"}),
        ("search", '{"limit":12'),
    ]


@each_form
def test_a_call_that_its_model_ended_without_the_end_mark_is_a_call(form: CallForm) -> None:
    written = block("write_file(path='a')")
    assert read(form, written.removesuffix("<|tool_call_end|>")) == [("write_file", {"path": "a"})]
    assert read(form, written.removesuffix("]<|tool_call_end|>")) == [("write_file", {"path": "a"})]
