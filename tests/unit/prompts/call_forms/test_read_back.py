"""Any call, as a family would write it, is read back as it was."""

import json
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_memory.prompts.call_forms.json_families import DEEPSEEK, KIMI_K2, LLAMA3, MISTRAL
from agent_memory.prompts.call_forms.reader import CallForm
from agent_memory.prompts.call_forms.tagged_families import GLM, MINIMAX, QWEN_XML
from agent_memory.turns.messages import ToolSpec
from tests.unit.prompts.call_forms.reading import read
from tests.unit.prompts.call_forms.test_json_families import (
    deepseek,
    kimi,
    llama,
    mistral,
    mistral_list,
)
from tests.unit.prompts.call_forms.test_tagged import glm, minimax, qwen

Call = tuple[str, Mapping[str, object]]

MARKS = (
    "<tool_call>", "</tool_call>", "<function=", "<function=nothing>", "</function>", "<parameter=",
    "<parameter=nothing>", "</parameter>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>",
    "<minimax:tool_call>", "</minimax:tool_call>", "<invoke name=", "</invoke>", "[TOOL_CALLS]",
    "[ARGS]", "<|tool_call_end|>", "<think>", "</think>", '"', "'", "\\", "{", "}", "[", "]", "<",
    ">", "</", "\n", "\n\n", " ", "  ", "\t", "null", "1", "é", "日本語", "😀", "ordinary text",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(MARKS) | st.text(max_size=8), max_size=12).map("".join)
NAMES = st.text(st.sampled_from("abcXYZ019_-./:"), min_size=1, max_size=12)
KEYS = st.text(st.sampled_from("abcXYZ019_-.$"), min_size=1, max_size=8)


def values_by_type(keys: st.SearchStrategy[str]) -> Mapping[str, st.SearchStrategy[object]]:
    """Values of each JSON type, with such keys in objects."""
    json_values: st.SearchStrategy[object] = st.recursive(
        st.none() | st.booleans() | st.integers() | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=6,
    )
    return {
        "string": TEXTS,
        "integer": st.integers(),
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "array": st.lists(json_values, max_size=3),
        "object": st.dictionaries(keys, json_values, max_size=3),
    }


@st.composite
def requests(
    draw: st.DrawFn, inner_keys: st.SearchStrategy[str] = TEXTS
) -> tuple[list[ToolSpec], list[Call]]:
    """Tools, and calls of them. `inner_keys`: those of objects within arguments."""
    values = values_by_type(inner_keys)
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    schemas = {
        name: draw(st.dictionaries(KEYS, st.sampled_from(sorted(values)), max_size=4))
        for name in names
    }
    tools = [
        ToolSpec(name, "", {"type": "object", "properties": _properties(schema)})
        for name, schema in schemas.items()
    ]
    called = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
    calls: list[Call] = [
        (name, {key: draw(values[kind]) for key, kind in schemas[name].items()}) for name in called
    ]
    return tools, calls


def _properties(schema: Mapping[str, str]) -> dict[str, object]:
    return {key: {"type": kind} for key, kind in schema.items()}


def _tagged(write: Callable[..., str]) -> Callable[..., str]:
    """Values as templates render them: text as it is, all else as JSON."""

    def written(*calls: Call) -> str:
        return "\n".join(
            write(name, *((key, value if isinstance(value, str) else json.dumps(value))
                          for key, value in values.items()))
            for name, values in calls
        )  # fmt: skip

    return written


@pytest.mark.parametrize(
    ("form", "written"),
    [
        (QWEN_XML, _tagged(qwen)),
        (GLM, _tagged(glm)),
        (MINIMAX, _tagged(minimax)),
        (MISTRAL, mistral),
        (MISTRAL, mistral_list),
        (KIMI_K2, kimi),
        (DEEPSEEK, deepseek),
        (LLAMA3, llama),
    ],
    ids=["qwen", "glm", "minimax", "mistral", "mistral list", "kimi", "deepseek", "llama"],
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(request=requests(), sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_any_call_is_read_back_as_it_was(
    form: CallForm,
    written: Callable[..., str],
    request: tuple[list[ToolSpec], list[Call]],
    sizes: Sequence[int],
) -> None:
    tools, calls = request
    text = written(*calls)
    assert read(form, text, tools) == calls
    assert read(form, pieces(text, sizes), tools) == calls


@pytest.mark.parametrize(
    ("form", "written"), [(QWEN_XML, _tagged(qwen)), (GLM, _tagged(glm)), (MISTRAL, mistral)]
)
def test_a_megabyte_is_read_in_time_that_grows_with_it(
    form: CallForm, written: Callable[..., str]
) -> None:
    text = "</tool_call> and </parameter>\n" * 40_000
    tools = [ToolSpec("f", "", {"type": "object", "properties": {"x": {"type": "string"}}})]
    assert read(form, pieces(written(("f", {"x": text})), [9973]), tools) == [("f", {"x": text})]


def pieces(text: str, sizes: Sequence[int]) -> list[str]:
    """The text in pieces of these sizes, again and again."""
    cut: list[str] = []
    at = 0
    while at < len(text):
        cut.append(text[at : at + sizes[len(cut) % len(sizes)]])
        at += len(cut[-1])
    return cut
