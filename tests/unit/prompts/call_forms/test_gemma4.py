import pytest

from agent_memory.prompts.call_forms.gemma4 import FUNCTION_GEMMA, GEMMA4
from tests.unit.prompts.call_forms.reading import read, read_in_pieces

Q = '<|"|>'


def call(name: str, arguments: str) -> str:
    return f"<|tool_call>call:{name}{{{arguments}}}<tool_call|>"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  indented\n",
        "a <tool_call|> b <|tool_call>",
        'braces { } [ ] , : and " quotes',
        "path:x,content:y}",
        "null",
        "12",
        "é日本語😀",
    ],
)
def test_text_is_taken_to_the_blank(text: str) -> None:
    written = call("write_file", f"content:{Q}{text}{Q},path:{Q}a{Q}")
    assert read_in_pieces(GEMMA4, written) == [("write_file", {"content": text, "path": "a"})]


def test_other_values_are_json_with_bare_keys() -> None:
    where = f"where:{{a.b-c:[1,-2.5,1e-05,null,None,{{}},[]],{Q}d:e{Q}:{Q}f{Q}}}"
    written = call("search", f"exact:true,limit:7,text:null,{where}")
    assert read_in_pieces(GEMMA4, written) == [
        (
            "search",
            {
                "exact": True,
                "limit": 7,
                "text": None,
                "where": {"a.b-c": [1, -2.5, 1e-05, None, None, {}, []], "d:e": "f"},
            },
        )
    ]


def test_text_without_its_marks_is_text_where_the_schema_says_so() -> None:
    assert read(GEMMA4, call("write_file", "path:007,content: a b ")) == [
        ("write_file", {"path": "007", "content": "a b"})
    ]


def test_several_calls_and_names_with_dots_and_colons() -> None:
    written = f"I look.\n{call('now', '')}{call('fs.write:v2/x', f'path:{Q}a{Q}')} Done."
    assert read_in_pieces(GEMMA4, written) == [
        ("text", "I look."),
        ("now", {}),
        ("fs.write:v2/x", {"path": "a"}),
        ("text", "Done."),
    ]


@pytest.mark.parametrize(
    "written",
    [
        call("nothing", ""),
        call("now2", ""),
        "<|tool_call>call me",
        call("now", "x"),
        "<|tool_call>",
    ],
)
def test_what_is_no_call_of_a_tool_is_text(written: str) -> None:
    assert read_in_pieces(GEMMA4, f"So: {written} yes") == [("text", f"So: {written} yes")]


def test_a_call_without_its_end_mark_ends_with_the_output() -> None:
    written = call("write_file", f"path:{Q}a{Q}").removesuffix("<tool_call|>")
    assert read_in_pieces(GEMMA4, written) == [("write_file", {"path": "a"})]


def test_a_call_that_was_cut_off_is_never_completed() -> None:
    written = call("write_file", f"content:{Q}rm{Q},path:{Q}/srv/data{Q}")
    whole = '{"content":"rm","path":"/srv/data"}'
    for at in range(written.index("content"), written.rindex("}")):
        ((kind, begun),) = read(GEMMA4, written[:at], is_cut=True)
        assert kind == "write_file"
        assert whole.startswith(str(begun))
        assert str(begun) != whole


def test_function_gemma_writes_the_same_between_marks_of_its_own() -> None:
    text = "a, b}: 'c' <end_function_call>\n  \"d\""
    written = (
        f"<start_function_call>call:fs.write:v2/x{{path:<escape>{text}<escape>}}<end_function_call>"
        "<start_function_call>call:search{exact:true,limit:7}<end_function_call>"
    )
    assert read_in_pieces(FUNCTION_GEMMA, written) == [
        ("fs.write:v2/x", {"path": text}),
        ("search", {"exact": True, "limit": 7}),
    ]
