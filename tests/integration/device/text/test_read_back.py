"""A call that the template of a real family renders is read back as it was."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlx_lm.utils import load_tokenizer

from agent_memory.device.text.chat_template import ChatTemplate
from agent_memory.device.text.control_tokens import ControlTokens
from agent_memory.device.text.prompter import Prompter
from agent_memory.prompts.harmony.marks import MARKS as HARMONY_MARKS
from agent_memory.turns.messages import Message, Role, Text, ToolResult, ToolSpec, ToolUse
from tests.integration.device.small_tokenizers import MARKERS, byte_level, write_model_folder
from tests.integration.device.text.real_templates import real_template
from tests.unit.prompts.call_forms.reading import Part, parts_of
from tests.unit.prompts.call_forms.test_read_back import KEYS, Call, pieces, requests

TEMPLATES = (
    "Qwen3-Coder",
    "Qwen3.5-4B",
    "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
    "StepFun3.5-Flash",
    "GLM-4.6",
    "GLM-4.7-Flash",
    "poolside-Laguna-XS.2",
    "inclusionai-ling-3.0-flash",
    "MiniMax-M2",
    "Mistral-Small-3.2-24B-Instruct-2506",
    "mistralai-Mistral-Nemo-Instruct-2407",
    "mistralai-Ministral-3-14B-Reasoning-2512",
    "unsloth-mistral-Devstral-Small-2507",
    "moonshotai-Kimi-K2",
    "Qwen-Qwen2.5-7B-Instruct",
    "Qwen-Qwen3-0.6B",
    "NousResearch-Hermes-3-Llama-3.1-8B-tool_use",
    "ibm-granite-granite-4.0",
    "ibm-granite-granite-4.1",
    "Bielik-11B-v3.0-Instruct",
    "MiMo-VL",
    "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use",
    "Qwen-QwQ-32B",
    "Spark2.5",
    "poolside-Laguna-S-2.1",
    "poolside-Laguna-XS-2.1",
    "LFM2.5-8B-A1B",
    "openbmb-MiniCPM5-1B",
    "muse-glimmer",
    "Kimi-K3",
)
USER, RESULT = "U" * 20, "R" * 20  # no constants, which hypothesis would try as text of calls
XTML_MARKS = ("<|open|>", "<|close|>", "<|sep|>", "<|end_of_msg|>")
"""The tokens by which a model of Kimi K3's form is known."""
IN_TEXT = {
    "meta-llama-Llama-3.1-8B-Instruct": "<|end_header_id|>\n\n",
    "meta-llama-Llama-3.2-3B-Instruct": "<|end_header_id|>\n\n",
    "meta-llama-Llama-3.3-70B-Instruct": "<|end_header_id|>\n\n",
    "deepseek-ai-DeepSeek-V3.1": "</think>",
    "deepseek-ai-DeepSeek-V3.2": "</think>",
    "deepseek-ai-DeepSeek-V4": "</think>",
    "llama-cpp-deepseek-r1": "Assistant",
    "deepseek-ai-DeepSeek-V4-Flash-0731": "</think>",
    "ByteDance-Seed-OSS": "assistant\n",
    "NVIDIA-Nemotron-Nano-v2": "Assistant\n",
    "unsloth-Apriel-1.5": "<|assistant|>\n",
    "Apriel-1.6-15b-Thinker-fixed": "<|begin_assistant|>\n",
    "MiniMax-M1": "assistant\n",
    "Cohere2MoE": "<|CHATBOT_TOKEN|>",
    "CohereForAI-c4ai-command-r7b-12-2024-tool_use": "<|END_THINKING|>",
    "GigaChat3.1-10B-A1.8B": "<|role_sep|>\n",
    "Apertus-8B-Instruct": "<|assistant_start|>",
    "meetkai-functionary-medium-v3.1": "<|end_header_id|>\n\n",
    "upstage-Solar-Open-100B": "assistant",
    "Reka-Edge": "assistant: ",
}
"""Models that are told of their tools in plain text, but may call as their template does; each with
the end of what begins a turn of the assistant."""


class Family:
    """The tokenizer and template of one family, over a small vocabulary."""

    def __init__(self, template: str, marks: tuple[str, ...] = MARKERS) -> None:
        with TemporaryDirectory() as scratch:
            folder = write_model_folder(Path(scratch), byte_level(marks), template)
            self._tokenizer = load_tokenizer(folder)
            self.prompter = Prompter.load(folder)
        self._template = ChatTemplate(self._tokenizer, ControlTokens.of(self._tokenizer).marks)

    def rendered(self, tools: Sequence[ToolSpec], calls: Sequence[Call]) -> str:
        """A turn of the assistant with these calls, as it stands in the history."""
        uses = [
            ToolUse(f"abcdefg{at:02}", name, json.dumps(value))
            for at, (name, value) in enumerate(calls)
        ]
        messages = [
            Message(Role.USER, (Text(USER),)),
            Message(Role.ASSISTANT, tuple(uses)),
            Message(Role.TOOL, tuple(ToolResult(use.id, RESULT) for use in uses)),
        ]
        text = self._template.render(messages, tools, None)
        prompt = text.prompt.replace(text.cut, "") if text.cut else text.prompt
        return prompt.partition(RESULT)[0].rpartition(USER)[2]

    def rendered_natively(self, call: Call, header: str) -> str:
        """One call as the template itself renders it, without what begins the turn."""
        name, value = call
        use = {"type": "function", "id": "a", "function": {"name": name, "arguments": value}}
        messages = [
            {"role": "user", "content": USER},
            {"role": "assistant", "content": "", "tool_calls": [use]},
        ]
        text = str(self._tokenizer.apply_chat_template(messages, tokenize=False))
        return text.rpartition(USER)[2].partition(header)[2]

    def calls_in(self, text: str, tools: Sequence[ToolSpec], sizes: Sequence[int]) -> list[Part]:
        """What the engine would make of these tokens of a model."""
        output = self.prompter.new_output(index=0, prompt_tokens=(), tools=tools)
        deltas = [
            delta
            for piece in self._pieces(text, sizes)
            for delta in output.push(self.prompter.encode(piece))[0]
        ]
        return [part for part in parts_of([*deltas, *output.finish()]) if part[0] != "text"]

    def _pieces(self, text: str, sizes: Sequence[int]) -> Iterator[str]:
        """The text in pieces; marks that are read as tokens stay whole."""
        marks = () if self.prompter.harmony is None else self.prompter.harmony.marks.values()
        whole = re.compile("|".join(map(re.escape, marks)) or "(?!)")
        at = 0
        for mark in whole.finditer(text):
            yield from (*pieces(text[at : mark.start()], sizes), mark[0])
            at = mark.end()
        yield from pieces(text[at:], sizes)


@cache
def gpt_oss() -> Family:
    return Family(real_template("openai-gpt-oss-120b"), HARMONY_MARKS)


@cache
def family(name: str) -> Family:
    return Family(real_template(name), XTML_MARKS if name == "Kimi-K3" else MARKERS)


SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=4)


@pytest.mark.parametrize("name", TEMPLATES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(request=requests(), sizes=SIZES)
def test_what_a_template_renders_as_calls_is_read_back(
    name: str, request: tuple[list[ToolSpec], list[Call]], sizes: Sequence[int]
) -> None:
    tools, calls = request
    of = family(name)
    assert of.prompter.has_tools
    text = of.rendered(tools, calls)
    assert of.calls_in(text, tools, [len(text)]) == calls
    assert of.calls_in(text, tools, sizes) == calls


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(request=requests(inner_keys=KEYS), sizes=SIZES)
def test_what_gemma_renders_as_calls_is_read_back(
    request: tuple[list[ToolSpec], list[Call]], sizes: Sequence[int]
) -> None:
    """Its keys stand bare, so that what they contain must be told from what surrounds them."""
    tools, calls = request
    of = family("google-gemma-4-31B-it")
    assert of.calls_in(of.rendered(tools, calls), tools, sizes) == calls


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(request=requests(), sizes=SIZES)
def test_what_gpt_oss_renders_as_a_call_is_read_back(
    request: tuple[list[ToolSpec], list[Call]], sizes: Sequence[int]
) -> None:
    tools, (call, *_) = request
    of = gpt_oss()
    text = of.rendered_natively(call, "<|start|>assistant")
    text = text.removesuffix("<|call|>")
    assert of.calls_in(text, tools, [len(text)]) == [call]
    assert of.calls_in(text, tools, sizes) == [call]


@pytest.mark.parametrize("name", IN_TEXT)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(request=requests(), sizes=SIZES)
def test_a_call_of_a_model_that_was_told_of_its_tools_in_text_is_read_back(
    name: str, request: tuple[list[ToolSpec], list[Call]], sizes: Sequence[int]
) -> None:
    tools, (call, *_) = request
    of = family(name)
    assert not of.prompter.has_tools
    text = of.rendered_natively(call, IN_TEXT[name])
    assert of.calls_in(text, tools, sizes) == [call]


def test_a_model_whose_calls_cannot_be_read_back_is_told_of_its_tools_in_text() -> None:
    """mlx-lm takes its tags for JSON, so that every call of its own form would be lost."""
    prompter = family("MiniMax-M3").prompter
    assert not prompter.has_tools
    assert "Chat template: tools are told in words." in prompter.template_notes
