import json
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from agent_memory.cache.lease import Lease
from agent_memory.device.text.prompter import Prompter
from agent_memory.engine.request import GenerationRequest
from agent_memory.engine.runner import TokenChoice
from agent_memory.errors import InvalidRequest, ModelNotUsable
from agent_memory.ids import BlockHash, LeaseId
from agent_memory.prompts.request import PromptRequest
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.events import (
    TextDelta,
    ThinkingDelta,
    TokenLogprob,
    ToolCallDelta,
    ToolCallStarted,
)
from agent_memory.turns.messages import (
    Message,
    Role,
    Text,
    ToolChoice,
    ToolMode,
    ToolResult,
    ToolSpec,
    ToolUse,
)
from agent_memory.turns.sampling import SamplingParams
from tests.integration.device.small_tokenizers import (
    BRACKETS,
    HERMES,
    OPENED_THINKING,
    STRICT,
    THINKING,
    byte_level,
    sentencepiece,
    word_pieces,
    write_model_folder,
)

WEATHER = ToolSpec(
    "get_weather",
    "The weather of a city",
    {"type": "object", "properties": {"city": {"type": "string"}}},
)

Make = Callable[..., Prompter]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def make_prompter(template: str | None, tokenizer: Tokenizer | None = None) -> Prompter:
        tokenizer = tokenizer or byte_level()
        return Prompter.load(write_model_folder(tmp_path / "model", tokenizer, template))

    return make_prompter


def user(text: str) -> Message:
    return Message(Role.USER, (Text(text),))


def system(text: str) -> Message:
    return Message(Role.SYSTEM, (Text(text),))


def text_of(prompter: Prompter, tokens: Sequence[int]) -> str:
    return b"".join(map(prompter.token_bytes, tokens)).decode()


def prompt_text(prompter: Prompter, request: PromptRequest) -> str:
    return "".join(text_of(prompter, piece) for piece in prompter.render(request).pieces)


def tokens_of(prompter: Prompter, text: str) -> tuple[int, ...]:
    """The tokens of text as a model might write it, special tokens included."""
    return prompter.render(PromptRequest(raw_prompt=text)).pieces[0]


def said(prompter: Prompter, text: str, **options: object) -> list[object]:
    """The deltas of an output that says `text`, one token at a time."""
    output = prompter.new_output(index=0, prompt_tokens=(), **options)  # type: ignore[arg-type]
    deltas: list[object] = []
    for token in tokens_of(prompter, text):
        deltas.extend(output.push([token])[0])
    return [*deltas, *output.finish()]


def test_a_folder_without_a_tokenizer_is_not_usable(tmp_path: Path) -> None:
    with pytest.raises(ModelNotUsable, match="no such folder"):
        Prompter.load(tmp_path / "nothing")
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(ModelNotUsable, match="tokenizer"):
        Prompter.load(tmp_path)


def test_a_broken_tokenizer_is_not_usable(tmp_path: Path) -> None:
    folder = write_model_folder(tmp_path, byte_level(), HERMES)
    (folder / "tokenizer.json").write_text('{"version": "1.0", "mod')
    with pytest.raises(ModelNotUsable, match="cannot be read"):
        Prompter.load(folder)


def test_a_conversation_is_rendered_as_the_template_says(make: Make) -> None:
    prompter = make(HERMES)
    request = PromptRequest((system("Be brief."), user("Hi")))
    assert prompt_text(prompter, request) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert prompter.render(request).generation_suffix == "<|im_start|>assistant\n"
    assert prompter.count(request) == len(prompter.render(request).pieces[0])


def test_special_tokens_of_the_template_are_single_tokens_and_there_is_one_bos(make: Make) -> None:
    prompter = make(STRICT)
    (tokens,) = prompter.render(PromptRequest((user("Hi"),))).pieces
    assert [prompter.token_text(token) for token in tokens[:2]] == ["<|endoftext|>", "<|im_start|>"]
    assert tokens.count(tokens[0]) == 1


def test_the_billing_line_of_a_client_is_not_rendered(make: Make) -> None:
    prompter = make(HERMES)
    with_line = PromptRequest((system("x-anthropic-billing-header: cch=1;\nBe brief."), user("Hi")))
    assert prompter.render(with_line) == prompter.render(
        PromptRequest((system("Be brief."), user("Hi")))
    )


def test_tools_calls_and_results_are_rendered(make: Make) -> None:
    prompter = make(HERMES)
    messages = (
        user("Weather?"),
        Message(Role.ASSISTANT, (ToolUse("call_1", "get_weather", '{"city":"Paris"}'),)),
        Message(Role.TOOL, (ToolResult("call_1", "sunny"),)),
    )
    text = prompt_text(prompter, PromptRequest(messages, AnswerForm((WEATHER,))))
    assert "The weather of a city" in text
    assert (
        '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>' in text
    )
    assert "<tool_response>\nsunny\n</tool_response>" in text


def test_the_prompt_is_the_same_when_no_tool_may_be_called(make: Make) -> None:
    prompter = make(HERMES)
    none = PromptRequest((user("Hi"),), AnswerForm((WEATHER,), ToolChoice(ToolMode.NONE)))
    assert prompter.render(none) == prompter.render(
        PromptRequest((user("Hi"),), AnswerForm((WEATHER,)))
    )


def test_a_deferred_tool_is_not_told_by_the_template(make: Make) -> None:
    prompter = make(HERMES)
    late = replace(WEATHER, name="late", is_deferred=True)
    both = PromptRequest((user("Hi"),), AnswerForm((late, WEATHER)))
    assert prompter.render(both) == prompter.render(
        PromptRequest((user("Hi"),), AnswerForm((WEATHER,)))
    )


def test_tools_of_which_the_template_knows_nothing_are_told_in_text(make: Make) -> None:
    prompter = make(STRICT)
    assert not prompter.has_tools
    text = prompt_text(prompter, PromptRequest((user("Weather?"),), AnswerForm((WEATHER,))))
    assert "The weather of a city" in text
    assert text.index("# Tools") < text.index("Weather?")
    deltas = said(
        prompter,
        '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>',
        tools=(WEATHER,),
    )
    assert any(isinstance(delta, ToolCallStarted) for delta in deltas)


def test_what_a_strict_template_refuses_is_put_in_a_way_that_it_takes(make: Make) -> None:
    prompter = make(STRICT)
    messages = (
        system("Be brief."),
        user("a"),
        user("b"),
        Message(Role.ASSISTANT, (Text("c"),)),
        system("Be kind."),
        user("d"),
    )
    assert prompt_text(prompter, PromptRequest(messages)) == (
        "<|endoftext|><|im_start|>user\nBe brief.\n\na\n\nb<|im_end|>\n"
        "<|im_start|>model\nc<|im_end|>\n"
        "<|im_start|>user\n<system>\nBe kind.\n</system>\n\nd<|im_end|>\n<|im_start|>model\n"
    )


def test_a_template_that_wants_short_ids_gets_them(make: Make) -> None:
    prompter = make(BRACKETS)
    assert prompter.has_tools
    messages = (
        user("Weather?"),
        Message(Role.ASSISTANT, (ToolUse("call_0123456789ab", "get_weather", "{}"),)),
        Message(Role.TOOL, (ToolResult("call_0123456789ab", "sunny"),)),
    )
    text = prompt_text(prompter, PromptRequest(messages, AnswerForm((WEATHER,))))
    assert "[TOOL_CALLS]" in text
    assert "[TOOL_RESULTS] sunny" in text


def test_a_conversation_that_the_template_refuses_is_an_invalid_request(make: Make) -> None:
    prompter = make(
        "{%- if 'forbidden' in messages[-1].content %}{{- raise_exception('Not that word') }}"
        "{%- endif %}" + HERMES
    )
    with pytest.raises(InvalidRequest, match="Not that word"):
        prompter.render(PromptRequest((user("a forbidden word"),)))


def test_no_messages_and_no_template_are_invalid_requests(make: Make) -> None:
    with pytest.raises(InvalidRequest, match="no messages"):
        make(HERMES).render(PromptRequest())
    with pytest.raises(InvalidRequest, match="no chat template"):
        make(None).render(PromptRequest((user("Hi"),)))


def test_a_raw_prompt_is_tokenised_as_it_is(make: Make) -> None:
    rendered = make(None).render(PromptRequest(raw_prompt="The quick brown fox"))
    assert len(rendered.pieces) == 1
    assert rendered.generation_suffix == ""


def test_thinking_is_passed_on_when_it_is_asked_for_or_not(make: Make) -> None:
    prompter = make(THINKING)
    off = prompter.render(PromptRequest((user("Hi"),), AnswerForm(thinking=False)))
    assert off.generation_suffix == "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    for thinking in (None, True):
        on = prompter.render(PromptRequest((user("Hi"),), AnswerForm(thinking=thinking)))
        assert on.generation_suffix == "<|im_start|>assistant\n"


def test_an_output_knows_when_the_prompt_has_opened_the_thinking(make: Make) -> None:
    prompter = make(OPENED_THINKING)
    (prompt,) = prompter.render(PromptRequest((user("Hi"),))).pieces
    assert prompter.starts_in_thinking(prompt)
    output = prompter.new_output(index=0, prompt_tokens=prompt)
    deltas, stop = output.push(tokens_of(prompter, "hm</think>\n\nHello"))
    assert [type(delta) for delta in deltas] == [ThinkingDelta, TextDelta]
    assert stop is None
    closed = prompter.render(
        PromptRequest((user("say <think>"),), AnswerForm(thinking=False))
    ).pieces[0]
    assert not make(THINKING).starts_in_thinking(closed)


def test_a_call_is_streamed_from_its_tokens(make: Make) -> None:
    prompter = make(HERMES)
    deltas = said(
        prompter,
        'Sure.\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>',
        tools=(WEATHER,),
    )
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == "Sure."
    arguments = [delta.arguments for delta in deltas if isinstance(delta, ToolCallDelta)]
    assert len(arguments) > 2
    assert json.loads("".join(arguments)) == {"city": "Paris"}


def test_an_answer_that_goes_on_elsewhere_keeps_the_ids_of_its_calls(make: Make) -> None:
    text = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'
    request = GenerationRequest(
        "r",
        "g",
        BlockHash("0"),
        (),
        SamplingParams(max_tokens=100),
        Lease(LeaseId("l"), 0),
        form=AnswerForm(tools=(WEATHER,)),
        origin="turn_1/1",
    )

    def call_ids(request: GenerationRequest, choice: int) -> list[str]:
        prompter = make(HERMES)
        deltas, _ = prompter.new_text(request, choice).push(tokens_of(prompter, text * 2))
        return [delta.id for delta in deltas if isinstance(delta, ToolCallStarted)]

    told = call_ids(request, 0)
    assert len(set(told)) == 2
    assert call_ids(request, 0) == told
    assert not set(told) & set(call_ids(request, 1))
    assert not set(told) & set(call_ids(replace(request, origin="turn_2/3"), 0))


def test_calls_in_another_format_are_read_with_the_models_parser(make: Make) -> None:
    prompter = make(BRACKETS)
    deltas = said(prompter, '[TOOL_CALLS]get_weather[ARGS]{"city": "Paris"}', tools=(WEATHER,))
    assert [type(delta) for delta in deltas] == [ToolCallStarted, ToolCallDelta]


def test_without_tools_and_without_parsing_markers_are_text(make: Make) -> None:
    prompter = make(HERMES)
    text = '<tool_call>{"name": "f", "arguments": {}}</tool_call>'
    for options in ({}, {"tools": (WEATHER,), "parse": False}):
        deltas = said(prompter, text, **options)
        assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == text


def test_stop_strings_are_found_across_tokens(make: Make) -> None:
    prompter = make(HERMES)
    output = prompter.new_output(index=0, prompt_tokens=(), stops=("lazy dog",))
    shown = ""
    for token in tokens_of(prompter, "The quick brown fox jumps over the lazy dog today"):
        deltas, stop = output.push([token])
        shown += "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
        if stop is not None:
            break
    assert stop == "lazy dog"
    assert shown == "The quick brown fox jumps over the "


@pytest.mark.parametrize("tokenizer", [byte_level(), sentencepiece(), word_pieces()])
def test_streamed_text_is_what_the_tokenizer_decodes(make: Make, tokenizer: Tokenizer) -> None:
    prompter = make(HERMES, tokenizer)
    text = "The quick brown fox jumps over the lazy dog"
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    output = prompter.new_output(index=0, prompt_tokens=())
    deltas = [delta for token in ids for delta in output.push([token])[0]]
    deltas.extend(output.finish())
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == text


def test_no_half_character_is_ever_shown_and_nothing_is_lost(make: Make) -> None:
    tokenizer = byte_level()
    prompter = make(HERMES, tokenizer)
    rng = random.Random(7)  # noqa: S311  reproducible, no secret
    for _ in range(30):
        ids = [rng.randrange(3, 400) for _ in range(rng.randrange(1, 60))]
        output = prompter.new_output(index=0, prompt_tokens=(), parse=False)
        deltas = [delta for token in ids for delta in output.push([token])[0]]
        deltas.extend(output.finish())
        shown = "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
        assert shown == tokenizer.decode(ids, skip_special_tokens=False)
    smile = tokenizer.encode("🙂", add_special_tokens=False).ids
    assert len(smile) > 1
    output = prompter.new_output(index=0, prompt_tokens=())
    assert [output.push([token])[0] for token in smile[:-1]] == [()] * (len(smile) - 1)
    assert output.push(smile[-1:])[0] == (TextDelta(0, "🙂", len(smile)),)


def test_a_raw_continuation_keeps_its_first_space(make: Make) -> None:
    tokenizer = sentencepiece()
    prompter = make(HERMES, tokenizer)
    ids = tokenizer.encode("The dog", add_special_tokens=False).ids
    for parse, expected in ((True, "The dog"), (False, " The dog")):
        output = prompter.new_output(index=0, prompt_tokens=(), parse=parse)
        deltas = [*output.push(ids)[0], *output.finish()]
        assert "".join(d.text for d in deltas if isinstance(d, TextDelta)) == expected


def test_tokens_have_bytes_even_beyond_the_vocabulary(make: Make) -> None:
    prompter = make(HERMES)
    tokens = tokens_of(prompter, "naïve 🙂")
    assert b"".join(map(prompter.token_bytes, tokens)) == "naïve 🙂".encode()
    assert prompter.token_bytes(prompter.vocab_size + 5) == b""
    assert prompter.token_text(next(iter(prompter.eos_token_ids))) == "<|im_end|>"


def test_the_fingerprint_changes_with_the_template_and_the_vocabulary(make: Make) -> None:
    same = make(HERMES).fingerprint()
    assert make(HERMES).fingerprint() == same
    assert make(THINKING).fingerprint() != same
    assert make(HERMES, byte_level(("<other>",))).fingerprint() != same


def test_prompts_may_be_rendered_by_several_threads(make: Make) -> None:
    prompter = make(HERMES)
    requests = [PromptRequest((user(f"What is {at}?" * at),)) for at in range(1, 40)]
    expected = [prompter.render(request) for request in requests]
    fresh = make(HERMES)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(fresh.render, requests)) == expected


def test_logprobs_name_tokens_and_their_alternatives(make: Make) -> None:
    prompter = make(HERMES)
    yes, no = tokens_of(prompter, "Y")[0], tokens_of(prompter, "N")[0]
    output = prompter.new_output(index=0, prompt_tokens=())
    choice = TokenChoice(-0.25, ((yes, -0.25), (no, -1.5)))
    ((delta,), _) = output.push([yes], [choice])
    assert isinstance(delta, TextDelta)
    assert delta.logprobs == (
        TokenLogprob(
            "Y", (89,), -0.25, (TokenLogprob("Y", (89,), -0.25), TokenLogprob("N", (78,), -1.5))
        ),
    )
