"""A call that must be made is made in the form of the model's family."""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from llguidance import LLMatcher

from agent_memory.cache.lease import Lease
from agent_memory.device.sampling.grammar import Constrainer
from agent_memory.device.sampling.grammar_tokens import ll_tokenizer
from agent_memory.device.text.prompter import Prompter
from agent_memory.engine.constraint import TokenConstraint
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import InvalidRequest
from agent_memory.ids import BlockHash, LeaseId
from agent_memory.prompts.harmony.grammar import harmony_grammar
from agent_memory.prompts.output_grammar import output_grammar
from agent_memory.turns.answer_form import AnswerForm, matching, one_of
from agent_memory.turns.messages import ToolChoice, ToolMode, ToolSpec
from agent_memory.turns.sampling import SamplingParams
from tests.integration.device.text.test_read_back import Family, gpt_oss
from tests.integration.device.text.test_read_back import family as family_of
from tests.unit.prompts.call_forms.reading import parts_of

WEATHER = ToolSpec(
    "get_weather",
    "The weather",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string", "enum": ["Paris", "Oslo"]},
            "days": {"type": "integer", "minimum": 1, "maximum": 9},
            "is_brief": {"type": "boolean"},
        },
        "required": ["city", "days"],
        "additionalProperties": False,
    },
)
WRITE = ToolSpec(
    "fs_write",
    "Writes",
    {
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "lines": {"type": "array", "items": {"type": "string"}},
            "mode": {"$ref": "#/$defs/mode"},
            "mark": {"type": ["string", "null"]},
        },
        "required": ["path", "lines"],
        "$defs": {"mode": {"type": "object", "properties": {"n": {"type": "integer"}}}},
    },
)
NOW = ToolSpec("now", "The time", {"type": "object", "properties": {}})
TOOLS = (WEATHER, WRITE, NOW)
REQUIRED = ToolChoice(ToolMode.REQUIRED)
KIMI_CALLS = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.now:0"
    "<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_call_begin|>"
    'functions.get_weather:1<|tool_call_argument_begin|>{"city": "Oslo", "days": 2}'
    "<|tool_call_end|><|tool_calls_section_end|>"
)
CALLS: tuple[tuple[str, dict[str, object]], ...] = (
    ("get_weather", {"city": "Oslo", "days": 3, "is_brief": True}),
    ("fs_write", {"path": ' a "b"\n</x> {', "lines": ['a "b"', "\n"], "mode": {"n": 1}}),
    ("now", {}),
)
FAMILIES = (
    "Qwen3-Coder",
    "Qwen3.5-4B",
    "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
    "GLM-4.6",
    "GLM-4.7-Flash",
    "MiniMax-M2",
    "Mistral-Small-3.2-24B-Instruct-2506",
    "mistralai-Mistral-Nemo-Instruct-2407",
    "mistralai-Ministral-3-14B-Reasoning-2512",
    "moonshotai-Kimi-K2",
    "google-gemma-4-31B-it",
    "Qwen-Qwen3-0.6B",
    "LFM2-8B-A1B",
    "LFM2.5-8B-A1B",
    "openbmb-MiniCPM5-1B",
    "muse-glimmer",
    "Kimi-K3",
    "openai-gpt-oss-120b",
)
IN_PYTHONS_SPELLING = ("LFM2.5-8B-A1B", "openbmb-MiniCPM5-1B")
IN_WORDS = ("meta-llama-Llama-3.1-8B-Instruct", "deepseek-ai-DeepSeek-V3.1", "ByteDance-Seed-OSS")
"""Told of their tools in words, and held to the form that the words tell."""


def family(name: str) -> Family:
    return gpt_oss() if name == "openai-gpt-oss-120b" else family_of(name)


def request(prompter: Prompter, choice: ToolChoice) -> GenerationRequest:
    return GenerationRequest(
        request_id="r",
        group="w",
        root=BlockHash("00" * 32),
        prompt_tokens=prompter.encode("Hi"),
        sampling=SamplingParams(100),
        lease=Lease(LeaseId("lease"), 0),
        form=AnswerForm(TOOLS, tool_choice=choice, thinking=False),
    )


def babbled(prompter: Prompter, constraint: TokenConstraint, seed: int) -> list[int]:
    """What a model says that draws any allowed token."""
    rng = random.Random(seed)  # noqa: S311  reproducible, no secret
    said: list[int] = []
    while len(said) < 300 and not constraint.is_finished:
        mask = constraint.allowed()
        assert mask is not None
        token = rng.choice(np.flatnonzero(mask).tolist())
        if token in prompter.eos_token_ids:
            break
        constraint.advance(token)
        said.append(token)
    return said


def grammar_of(prompter: Prompter, tools: Sequence[ToolSpec]) -> str:
    if prompter.harmony is not None:
        return harmony_grammar(tools, REQUIRED, None) or ""
    return output_grammar(tools, REQUIRED, None, prompter.call_grammar, is_single_call=True) or ""


@pytest.mark.parametrize("name", [*FAMILIES, *IN_WORDS])
def test_whatever_is_drawn_is_a_call_that_its_schema_allows(name: str) -> None:
    prompter = family(name).prompter
    asked = request(prompter, ToolChoice(ToolMode.NAMED, "get_weather"))
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    output = prompter.new_text(asked, 0)
    said = babbled(prompter, constraint, seed=1)
    parts = parts_of([*output.push(said)[0], *output.finish()])
    ((tool, arguments),) = [part for part in parts if part[0] != "thinking"]
    assert tool == "get_weather"
    assert isinstance(arguments, dict)
    assert arguments["city"] in {"Paris", "Oslo"}
    assert arguments["days"] in range(1, 10)
    assert type(arguments.get("is_brief", True)) is bool


@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in IN_PYTHONS_SPELLING])
@pytest.mark.parametrize("call", CALLS, ids=json.dumps)
def test_what_the_template_renders_as_a_call_may_be_written(
    name: str, call: tuple[str, dict[str, object]]
) -> None:
    """Models that render values in Python's spelling are held to that of JSON."""
    of = family(name)
    if of.prompter.harmony is None:
        text = of.rendered(TOOLS, [call])
        form = of.prompter.call_grammar
        assert form is not None
        text = text[text.index(form.start) :]
    else:
        text = of.rendered_natively(call, "<|start|>assistant")
    matcher = LLMatcher(ll_tokenizer(of.prompter), grammar_of(of.prompter, TOOLS), log_level=0)
    tokens = list(of.prompter.encode(text))
    num_taken = matcher.try_consume_tokens(tokens)
    taken = b"".join(map(of.prompter.token_bytes, tokens[:num_taken])).decode()
    assert matcher.is_accepting(), (taken, text)
    assert of.calls_in(taken, TOOLS, [len(taken)]) == [call]


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        (
            "Mistral-Small-3.2-24B-Instruct-2506",
            '[TOOL_CALLS]now[ARGS]{}[TOOL_CALLS]get_weather[ARGS]{"city": "Oslo", "days": 2}',
        ),
        (
            "moonshotai-Kimi-K2",
            KIMI_CALLS,
        ),
    ],
)
def test_calls_of_its_own_accord_are_held_to_their_schemas(name: str, calls: str) -> None:
    prompter = family(name).prompter
    asked = request(prompter, ToolChoice())
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    tokens = prompter.encode(f"Let me see.{calls} So.")
    num_held = 0
    for token in tokens:
        mask = constraint.allowed()
        assert mask is None or mask[token], prompter.token_text(token)
        num_held += mask is not None
        constraint.advance(token)
    start = "[TOOL_CALLS]" if "[TOOL_CALLS]" in calls else KIMI_CALLS.partition("<|tool_call_b")[0]
    num_free = calls.count(start) * len(prompter.encode(start))
    assert num_held == len(prompter.encode(calls)) - num_free
    assert constraint.is_free


def test_the_end_of_a_turn_waits_for_enough_tokens_but_not_a_demanded_form() -> None:
    prompter = family("Qwen-Qwen3-0.6B").prompter
    asked = request(prompter, ToolChoice())
    least = replace(asked, sampling=SamplingParams(9, min_tokens=2), form=AnswerForm())
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(least)
    assert constraint is not None
    ends = sorted(prompter.eos_token_ids)
    for _ in range(2):
        mask = constraint.allowed()
        assert mask is not None
        assert not mask[ends].any()
        assert mask.sum() == prompter.vocab_size - len(ends)
        constraint.advance(prompter.encode("a")[0])
    assert constraint.allowed() is None
    formed = replace(least, form=AnswerForm(thinking=False, text_form=one_of(["a"])))
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(formed)
    assert constraint is not None
    constraint.advance(prompter.encode("a")[0])
    assert constraint.is_finished


@pytest.mark.parametrize("name", ["Qwen-Qwen3-0.6B", "openai-gpt-oss-120b"])
@pytest.mark.parametrize(
    "form",
    [
        AnswerForm(text_form=one_of(["yes", 'n"o/'])),
        AnswerForm(text_form=matching(r"ab/[0-9]{2}")),
        AnswerForm(text_grammar='root ::= "ab" rest\nrest ::= "/" [0-9]{2}\n'),
        AnswerForm(text_grammar='%llguidance {}\nstart: "yes" | "n\\"o/" | "ab/" /[0-9]{2}/'),
    ],
)
def test_an_answer_has_the_text_that_is_demanded(name: str, form: AnswerForm) -> None:
    prompter = family(name).prompter
    asked = replace(request(prompter, ToolChoice()), form=replace(form, thinking=False))
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    output = prompter.new_text(asked, 0)
    parts = parts_of([*output.push(babbled(prompter, constraint, 4))[0], *output.finish()])
    ((_, text),) = [part for part in parts if part[0] != "thinking"]
    assert re.fullmatch(r'yes|n"o/|ab/[0-9]{2}', str(text))


@pytest.mark.parametrize(
    "grammar",
    [
        "no grammar",
        "root ::= missing",
        "start: missing",
        'start: "a',
        "start: /(?=a)/",
        "start: a\n}",
    ],
)
def test_a_grammar_that_cannot_be_read_is_refused_by_its_name(grammar: str) -> None:
    prompter = family("Qwen-Qwen3-0.6B").prompter
    asked = replace(
        request(prompter, ToolChoice()), form=AnswerForm(text_grammar=grammar, thinking=False)
    )
    with pytest.raises(InvalidRequest, match="The grammar") as refused:
        Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert refused.value.param == "guided_grammar"


def test_a_call_of_a_tool_that_is_not_allowed_is_not_made() -> None:
    prompter = family("Qwen-Qwen3-0.6B").prompter
    asked = request(prompter, ToolChoice(only=("now",)))
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    for token in prompter.encode('<tool_call>\n{"name": "'):
        constraint.advance(token)
    mask = constraint.allowed()
    assert mask is not None
    assert mask[prompter.encode("n")[0]]
    assert not mask[prompter.encode("g")[0]]
