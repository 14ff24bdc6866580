import json
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from llguidance import LLMatcher, LLParserLimits

from agent_memory.cache.lease import Lease
from agent_memory.device.sampling.grammar import Constrainer
from agent_memory.device.sampling.grammar_match import CompiledGrammar, GrammarMatch
from agent_memory.device.sampling.grammar_tokens import ll_tokenizer
from agent_memory.device.text.prompter import Prompter
from agent_memory.engine.constraint import TokenConstraint
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import InvalidRequest, InvariantBroken
from agent_memory.ids import BlockHash, LeaseId
from agent_memory.prompts.request import PromptRequest
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.events import ToolCallDelta, ToolCallStarted
from agent_memory.turns.messages import Message, Role, Text, ToolChoice, ToolMode, ToolSpec
from agent_memory.turns.sampling import SamplingParams
from tests.integration.device.small_tokenizers import (
    BRACKETS,
    HERMES,
    OPENED_THINKING,
    THINKING,
    byte_level,
    word_pieces,
    write_model_folder,
)
from tests.integration.device.text.real_templates import real_template

NUM_PADDING = 40
SCHEMA = {
    "type": "object",
    "properties": {"city": {"enum": ["Paris", "Oslo"]}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
WEATHER = ToolSpec("get_weather", "The weather", SCHEMA)
WANTED: dict[str, set[str]] = {"get_weather": {"city", "days"}, "get_news": set()}
NEWS = ToolSpec("get_news", "The news", {"properties": {}, "additionalProperties": False})
LOOKAHEAD = {"type": "string", "pattern": "(?=x)y"}
BAD = ToolSpec("fs.write", "", {"properties": {"to": {"properties": {"path": LOOKAHEAD}}}})
LOOP = ToolSpec("loop", "", {"properties": {"more": {"$ref": "#/properties/more"}}})
EXPLODING = {"type": "string", "pattern": "^((a{1,500}){1,500}){1,50}$"}


@pytest.fixture
def prompter(tmp_path: Path) -> Prompter:
    return Prompter.load(write_model_folder(tmp_path, byte_level(), HERMES))


def request(prompter: Prompter, **options: object) -> GenerationRequest:
    prompt = PromptRequest((Message(Role.USER, (Text("Hi"),)),))
    return GenerationRequest(
        request_id="r",
        group="w",
        root=BlockHash("00" * 32),
        prompt_tokens=prompter.render(prompt).pieces[0],
        sampling=SamplingParams(100),
        lease=Lease(LeaseId("lease"), 0),
        form=AnswerForm(**{"thinking": False, **options}),  # type: ignore[arg-type]
    )


def babble(prompter: Prompter, asked: GenerationRequest, seed: int, limit: int = 300) -> list[int]:
    """What a model that draws any allowed token says, without the end of the turn."""
    constraint = Constrainer(prompter, prompter.vocab_size + NUM_PADDING).new_constraint(asked)
    assert constraint is not None
    rng = random.Random(seed)  # noqa: S311  reproducible, no secret
    said: list[int] = []
    while len(said) < limit and not constraint.is_finished:
        mask = constraint.allowed()
        assert mask is not None
        assert len(mask) == prompter.vocab_size + NUM_PADDING
        assert not mask[prompter.vocab_size :].any()
        token = rng.choice(np.flatnonzero(mask).tolist())
        constraint.advance(token)
        if token in prompter.eos_token_ids:
            break
        said.append(token)
    return said


def text_of(prompter: Prompter, tokens: list[int]) -> str:
    return b"".join(map(prompter.token_bytes, tokens)).decode()


@pytest.mark.parametrize("seed", range(5))
def test_an_answer_meets_its_schema(prompter: Prompter, seed: int) -> None:
    asked = request(prompter, json_schema=json.dumps(SCHEMA))
    answer = json.loads(text_of(prompter, babble(prompter, asked, seed)))
    assert set(answer) == {"city", "days"}
    assert answer["city"] in {"Paris", "Oslo"}
    assert isinstance(answer["days"], int)


@pytest.mark.parametrize("seed", range(5))
def test_a_named_call_is_made_and_can_be_read(prompter: Prompter, seed: int) -> None:
    asked = request(
        prompter,
        tools=(NEWS, WEATHER),
        tool_choice=ToolChoice(ToolMode.NAMED, "get_weather"),
    )
    output = prompter.new_text(asked, 0)
    deltas = [*output.push(babble(prompter, asked, seed))[0], *output.finish()]
    assert [delta.name for delta in deltas if isinstance(delta, ToolCallStarted)] == ["get_weather"]
    arguments = "".join(delta.arguments for delta in deltas if isinstance(delta, ToolCallDelta))
    assert set(json.loads(arguments)) == {"city", "days"}


def test_a_required_call_is_of_one_of_the_tools(prompter: Prompter) -> None:
    asked = request(prompter, tools=(NEWS,), tool_choice=ToolChoice(ToolMode.REQUIRED))
    text = text_of(prompter, babble(prompter, asked, 1))
    assert '<tool_call>\n{"name": "get_news", "arguments": {' in text


def begin_call(
    prompter: Prompter, **options: object
) -> tuple[GenerationRequest, TokenConstraint, list[int]]:
    """A model that may call speaks freely, and begins a call."""
    asked = request(prompter, **{"tools": (NEWS, WEATHER), **options})
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    said = [*prompter.encode("Let me see."), *prompter.encode("<tool_call>")]
    for token in said:
        assert constraint.is_free
        assert constraint.allowed() is None
        assert constraint.stepwise_from is None
        constraint.advance(token)
    return asked, constraint, said


def go_on(constraint: TokenConstraint, seed: int) -> list[int]:
    """Tokens drawn among the allowed ones until any may come."""
    rng = random.Random(seed)  # noqa: S311  reproducible, no secret
    said: list[int] = []
    while (mask := constraint.allowed()) is not None:
        assert constraint.stepwise_from == 0
        assert not constraint.is_finished
        said.append(rng.choice(np.flatnonzero(mask).tolist()))
        constraint.advance(said[-1])
    return said


@pytest.mark.parametrize("seed", range(5))
def test_a_call_of_the_model_s_own_accord_is_one_of_the_tools_and_fits_its_schema(
    prompter: Prompter, seed: int
) -> None:
    asked, constraint, said = begin_call(prompter)
    said += go_on(constraint, seed)
    # It is free after the call, and held again in the next.
    again = prompter.encode("\n<tool_call>")
    for token in again:
        constraint.advance(token)
    said += [*again, *go_on(constraint, seed + 100)]
    output = prompter.new_text(asked, 0)
    deltas = [*output.push(said)[0], *output.finish()]
    calls: list[tuple[str, str]] = []
    for delta in deltas:
        match delta:
            case ToolCallStarted(name=name):
                calls.append((name, ""))
            case ToolCallDelta(arguments=more):
                name, arguments = calls.pop()
                calls.append((name, arguments + more))
    assert len(calls) == 2
    for name, arguments in calls:
        assert set(json.loads(arguments)) == WANTED[name]


def test_a_call_whose_beginning_was_drawn_before_its_mark_was_known_goes_on_if_it_fits(
    prompter: Prompter,
) -> None:
    _, constraint, _ = begin_call(prompter)
    (line_break,) = prompter.encode("\n")
    constraint.advance(line_break)
    assert not constraint.is_free
    _, constraint, _ = begin_call(prompter)
    constraint.advance(prompter.encode("Oh")[0])
    assert constraint.is_free


@pytest.mark.parametrize(
    "options",
    [
        {"tools": ()},
        {"parse": False},
        {"tools": (ToolSpec("odd", "", {"properties": {"a": {"type": "nonsense"}}}),)},
    ],
    ids=["no tools", "raw text", "a schema that means nothing"],
)
def test_what_cannot_be_a_call_or_held_to_one_is_free(
    prompter: Prompter, options: dict[str, object]
) -> None:
    asked = request(prompter, **{"tools": (NEWS,), **options})
    assert Constrainer(prompter, prompter.vocab_size).new_constraint(asked) is None


def test_where_no_tool_may_be_called_the_mark_of_a_call_cannot_be_drawn(prompter: Prompter) -> None:
    asked = request(prompter, tools=(NEWS,), tool_choice=ToolChoice(ToolMode.NONE))
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    assert constraint.stepwise_from is None
    (marker,) = prompter.encode("<tool_call>")
    for token in prompter.encode("<tool"):
        mask = constraint.allowed()
        assert mask is not None
        assert np.flatnonzero(~mask).tolist() == [marker]
        constraint.advance(token)


def test_a_mark_of_several_tokens_cannot_be_completed(tmp_path: Path) -> None:
    prompter = Prompter.load(write_model_folder(tmp_path, byte_level(), BRACKETS))
    start, _ = prompter.call_markers
    *begun, last = prompter.encode(start)
    asked = request(prompter, tools=(NEWS,), tool_choice=ToolChoice(ToolMode.NONE))
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    for token in (*prompter.encode("Oh "), *begun):
        mask = constraint.allowed()
        assert mask is not None
        assert mask[token]
        constraint.advance(token)
    mask = constraint.allowed()
    assert mask is not None
    assert not mask[last]
    assert mask[prompter.encode("Oh")[0]]


def test_calls_whose_texts_cannot_be_escaped_are_free(tmp_path: Path) -> None:
    """A text that spells its end mark would end there; the reader knows better."""
    template = real_template("Qwen3-Coder")
    prompter = Prompter.load(write_model_folder(tmp_path, byte_level(), template))
    asked = request(prompter, tools=(NEWS,))
    assert Constrainer(prompter, prompter.vocab_size).new_constraint(asked) is None


def test_the_token_of_a_marker_may_be_used(prompter: Prompter) -> None:
    asked = request(prompter, tools=(NEWS,), tool_choice=ToolChoice(ToolMode.REQUIRED))
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    mask = constraint.allowed()
    (marker,) = prompter.encode("<tool_call>")
    assert mask is not None
    assert mask[marker]


def test_constraints_of_two_choices_do_not_disturb_each_other(prompter: Prompter) -> None:
    constrainer = Constrainer(prompter, prompter.vocab_size)
    asked = request(prompter, json_schema=json.dumps(SCHEMA))
    one, other = constrainer.new_constraint(asked), constrainer.new_constraint(asked)
    assert one is not None
    assert other is not None
    (brace,) = prompter.encode("{")
    one.advance(brace)
    after, before = one.allowed(), other.allowed()
    assert after is not None
    assert before is not None
    assert before[brace]
    assert not after[brace]


def test_a_token_that_is_not_allowed_breaks_the_constraint(prompter: Prompter) -> None:
    asked = request(prompter, json_schema=json.dumps(SCHEMA))
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    with pytest.raises(InvariantBroken):
        constraint.advance(prompter.encode("Z")[0])


def test_when_all_is_said_only_the_end_may_follow(prompter: Prompter) -> None:
    asked = request(prompter, json_schema='{"const": 7}')
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    constraint.advance(prompter.encode("7")[0])
    mask = constraint.allowed()
    assert mask is not None
    assert set(np.flatnonzero(mask).tolist()) <= prompter.eos_token_ids
    assert constraint.is_finished


def test_a_free_answer_is_not_constrained(prompter: Prompter) -> None:
    assert Constrainer(prompter, prompter.vocab_size).new_constraint(request(prompter)) is None


def test_the_model_may_think_before_its_form_begins(tmp_path: Path) -> None:
    for template in (THINKING, OPENED_THINKING):
        prompter = Prompter.load(write_model_folder(tmp_path, byte_level(), template))
        asked = request(prompter, json_schema='{"const": 7}', thinking=None)
        constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
        assert constraint is not None
        opening = () if template == OPENED_THINKING else prompter.encode("<think>")
        for token in (*opening, *prompter.encode("anything goes")):
            mask = constraint.allowed()
            assert mask is None or mask[token]
            constraint.advance(token)
        mask = constraint.allowed()
        assert mask is not None
        barred = {token for token in range(prompter.vocab_size) if not mask[token]}
        assert barred == prompter.eos_token_ids, "an answer is owed"
        for token in prompter.encode("</think>\n\n7"):
            constraint.advance(token)
        assert constraint.is_finished


@pytest.mark.parametrize("opens", [False, True], ids=["the model opens it", "the prompt opens it"])
def test_a_call_that_is_only_thought_of_is_free(tmp_path: Path, *, opens: bool) -> None:
    template = OPENED_THINKING if opens else THINKING
    prompter = Prompter.load(write_model_folder(tmp_path, byte_level(), template))
    asked = request(prompter, tools=(NEWS,), thinking=None)
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    thought = "A <tool_call> or not?</think>\n\nI ask.<tool_call>"
    for token in prompter.encode(thought if opens else f"<think>{thought}"):
        assert constraint.is_free
        assert constraint.allowed() is None
        constraint.advance(token)
    assert not constraint.is_free
    said = b"".join(map(prompter.token_bytes, go_on(constraint, 1))).decode()
    assert said.startswith('\n{"name": "get_news", "arguments": {')


def test_thinking_that_is_switched_off_is_not_offered(tmp_path: Path) -> None:
    prompter = Prompter.load(write_model_folder(tmp_path, byte_level(), THINKING))
    asked = request(prompter, json_schema='{"const": 7}', thinking=False)
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    mask = constraint.allowed()
    assert mask is not None
    assert not mask[prompter.encode("<think>")[0]]


@pytest.mark.parametrize("schema", ['{"type": "banana"}', '{"not": {"type": "string"}}'])
def test_a_schema_that_cannot_be_followed_is_refused(prompter: Prompter, schema: str) -> None:
    with pytest.raises(InvalidRequest, match="cannot be used"):
        Constrainer(prompter, prompter.vocab_size).new_constraint(
            request(prompter, json_schema=schema)
        )


@pytest.mark.parametrize(
    ("schema", "where"),
    [
        ({"$ref": "#"}, "at its root: it refers to itself without an end"),
        (
            {
                "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
                "properties": {"x": {"$ref": "#/$defs/a"}},
            },
            "without an end",
        ),
        (
            {"properties": {"x": {"anyOf": [{"type": "null"}, LOOKAHEAD]}}},
            r"at properties\.x\.anyOf\.1: regex parse error: look-around",
        ),
        (
            {"$defs": {"a/b": LOOKAHEAD}, "properties": {"x": {"$ref": "#/$defs/a~1b"}}},
            "regex parse error",
        ),
        ({"properties": {"x": {"uniqueItems": True}}}, r'at properties\.x: .*"uniqueItems"'),
    ],
    ids=["itself", "one another", "a lookahead", "a lookahead elsewhere", "an unknown keyword"],
)
def test_a_refused_schema_is_told_with_the_place_in_it(
    prompter: Prompter, schema: dict[str, object], where: str
) -> None:
    asked = request(prompter, json_schema=json.dumps(schema))
    constrainer = Constrainer(prompter, prompter.vocab_size)
    for _ in range(2):
        with pytest.raises(InvalidRequest, match=where) as caught:
            constrainer.new_constraint(asked)
        assert caught.value.param == "response_format"


def test_a_schema_that_may_hold_itself_is_followed(prompter: Prompter) -> None:
    node = {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["next"],
        "additionalProperties": False,
    }
    value = json.loads(
        text_of(prompter, babble(prompter, request(prompter, json_schema=json.dumps(node)), 1))
    )
    while value is not None:
        assert set(value) == {"next"}
        value = value["next"]


def test_an_object_of_hundreds_of_optional_properties_is_followed(prompter: Prompter) -> None:
    names = [f"p{at}" for at in range(800)]
    schema = {"properties": {name: {"enum": ["a", "b"]} for name in names}, "type": "object"}
    asked = request(prompter, json_schema=json.dumps({**schema, "additionalProperties": False}))
    assert set(json.loads(text_of(prompter, babble(prompter, asked, 1, 2_000)))) <= set(names)


def arguments_of(prompter: Prompter, asked: GenerationRequest, begun: str) -> dict[str, object]:
    """Those of a call that begins as told and goes on with any allowed token."""
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    said = list(prompter.encode(begun))
    for token in said:
        constraint.advance(token)
    rng = random.Random(1)  # noqa: S311  reproducible, no secret
    while prompter.token_bytes(said[-1]) != b"</tool_call>":
        mask = constraint.allowed()
        assert mask is not None
        # The shortest way out of whatever is free.
        ends = [token for mark in '"}' for token in prompter.encode(mark) if mask[token]]
        said.append(ends[0] if ends else rng.choice(np.flatnonzero(mask).tolist()))
        constraint.advance(said[-1])
    arguments: dict[str, object] = json.loads(
        text_of(prompter, said).split('"arguments": ')[1].removesuffix("}\n</tool_call>")
    )
    return arguments


@pytest.mark.parametrize("odd", [BAD, LOOP], ids=["a pattern it cannot take", "an endless one"])
@pytest.mark.parametrize("mode", [ToolMode.AUTO, ToolMode.REQUIRED])
def test_a_schema_that_cannot_be_held_frees_the_arguments_of_its_tool_alone(
    prompter: Prompter, odd: ToolSpec, mode: ToolMode
) -> None:
    asked = request(prompter, tools=(odd, WEATHER), tool_choice=ToolChoice(mode))
    begun = '<tool_call>\n{"name": "%s", "arguments": {'
    assert set(arguments_of(prompter, asked, begun % "get_weather")) == {"city", "days"}
    assert isinstance(arguments_of(prompter, asked, begun % odd.name), dict)
    _, constraint, _ = begin_call(prompter, tools=(odd, WEATHER))
    for token in prompter.encode('\n{"name": "'):
        constraint.advance(token)
    mask = constraint.allowed()
    assert mask is not None
    assert not mask[prompter.encode("zz")[0]]


@pytest.mark.parametrize(
    ("tools", "choice", "name", "where"),
    [
        ((BAD,), ToolChoice(ToolMode.REQUIRED), "fs.write", "at properties.to.properties.path: "),
        ((WEATHER, BAD), ToolChoice(ToolMode.NAMED, "fs.write"), "fs.write", "regex parse error"),
        ((WEATHER, LOOP), ToolChoice(ToolMode.NAMED, "loop"), "loop", "at properties.more: it"),
        ((BAD, LOOP), ToolChoice(ToolMode.REQUIRED), "fs.write", "at properties.to.properties"),
    ],
    ids=["the only one", "a named one", "a named one that never ends", "none can be held"],
)
def test_a_call_that_must_be_held_and_cannot_is_refused_with_the_tool_and_the_place(
    prompter: Prompter,
    tools: tuple[ToolSpec, ...],
    choice: ToolChoice,
    name: str,
    where: str,
) -> None:
    asked = request(prompter, tools=tools, tool_choice=choice)
    with pytest.raises(InvalidRequest) as caught:
        Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert caught.value.param == "tools"
    assert f"'{name}'" in caught.value.message
    assert where in caught.value.message


def test_an_answer_by_a_schema_goes_before_tools_that_cannot_be_held(prompter: Prompter) -> None:
    asked = request(prompter, tools=(BAD,), json_schema=json.dumps(SCHEMA))
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    for token in prompter.encode('{"city": "Oslo", "days": 3}'):
        mask = constraint.allowed()
        assert mask is not None
        assert mask[token]
        constraint.advance(token)


def test_of_many_tools_that_cannot_be_held_each_is_freed(prompter: Prompter) -> None:
    odd = [replace(BAD, name=f"odd_{at}") for at in range(12)]
    asked = request(prompter, tools=(*odd, WEATHER), tool_choice=ToolChoice(ToolMode.REQUIRED))
    begun = '<tool_call>\n{"name": "%s", "arguments": {'
    assert set(arguments_of(prompter, asked, begun % "get_weather")) == {"city", "days"}
    assert isinstance(arguments_of(prompter, asked, begun % "odd_11"), dict)


def test_a_named_tool_is_held_whatever_the_others_are(prompter: Prompter) -> None:
    choice = ToolChoice(ToolMode.NAMED, "get_weather")
    asked = request(prompter, tools=(BAD, LOOP, WEATHER), tool_choice=choice)
    begun = '<tool_call>\n{"name": "get_weather", "arguments": {'
    assert set(arguments_of(prompter, asked, begun)) == {"city", "days"}


def say_a(prompter: Prompter, constraint: TokenConstraint, limit: int) -> int:
    """Write a string of as many of the letter as are allowed; returns how many tokens it took."""
    letters = [at for at in range(prompter.vocab_size) if set(prompter.token_bytes(at)) == {97}]
    for num_said in range(limit):
        mask = constraint.allowed()
        allowed = letters if mask is None else np.flatnonzero(mask).tolist()
        constraint.advance(([each for each in letters if each in allowed] or allowed)[-1])
        assert not constraint.is_finished, num_said
    return limit


def test_an_output_whose_grammar_fails_is_an_error_and_no_end(prompter: Prompter) -> None:
    asked = request(prompter, json_schema=json.dumps(EXPLODING))
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    with pytest.raises(InvalidRequest, match=r"could not be followed .*lexer error") as caught:
        say_a(prompter, constraint, 10_000)
    assert caught.value.param == "response_format"
    assert not constraint.is_finished


def test_a_call_whose_grammar_fails_is_an_error_and_no_free_text(prompter: Prompter) -> None:
    tool = ToolSpec("f", "", {"properties": {"a": EXPLODING}, "required": ["a"]})
    _, constraint, _ = begin_call(prompter, tools=(tool,))
    for token in prompter.encode('\n{"name": "f", "arguments": {"a": "'):
        constraint.advance(token)
    with pytest.raises(InvalidRequest, match=r"could not be followed .*lexer error") as caught:
        say_a(prompter, constraint, 10_000)
    assert caught.value.param == "tools"


def test_an_output_that_failed_leaves_its_schema_to_others(prompter: Prompter) -> None:
    constrainer = Constrainer(prompter, prompter.vocab_size)
    asked = request(prompter, json_schema=json.dumps(EXPLODING))
    beside = constrainer.new_constraint(asked)
    failing = constrainer.new_constraint(asked)
    assert beside is not None
    assert failing is not None
    (quote,) = prompter.encode('"')
    beside.advance(quote)
    with pytest.raises(InvalidRequest):
        say_a(prompter, failing, 10_000)
    for constraint in (beside, constrainer.new_constraint(asked)):
        assert constraint is not None
        if constraint is not beside:
            constraint.advance(quote)
        for token in prompter.encode("aaa"):
            mask = constraint.allowed()
            assert mask is not None
            assert mask[token]
            constraint.advance(token)
        mask = constraint.allowed()
        assert mask is not None
        assert mask[quote]
        constraint.advance(quote)
        assert constraint.is_finished


def test_answers_go_on_when_those_before_have_filled_the_lexer(prompter: Prompter) -> None:
    tokenizer = ll_tokenizer(prompter)
    grammar = 'start: json\njson: %json {"type": "string", "pattern": "^.{0,200}x.{0,200}$"}'
    limits = LLParserLimits(max_lexer_states=6_000)
    num_compiled = 0

    def compile_() -> LLMatcher:
        nonlocal num_compiled
        num_compiled += 1
        return LLMatcher(tokenizer, grammar, limits=limits)

    compiled = CompiledGrammar(compile_, "response_format")
    for seed in range(40):
        match, rng = GrammarMatch(compiled, prompter.vocab_size), random.Random(seed)  # noqa: S311
        said: list[int] = []
        while not match.is_finished:
            mask = match.allowed()
            assert mask is not None
            said.append(rng.choice(np.flatnonzero(mask).tolist()))
            assert match.advance(said[-1])
        if said[-1] in prompter.eos_token_ids:
            said.pop()
        answer = json.loads(text_of(prompter, said))
        assert re.fullmatch(r".{0,200}x.{0,200}", answer)
    assert 1 < num_compiled < 40


def test_odd_keywords_in_the_schema_of_a_tool_do_not_matter(prompter: Prompter) -> None:
    odd = ToolSpec("f", "", {"properties": {"a": {"type": "string", "format": "no-such-format"}}})
    asked = request(prompter, tools=(odd,), tool_choice=ToolChoice(ToolMode.REQUIRED))
    assert Constrainer(prompter, prompter.vocab_size).new_constraint(asked) is not None


def test_models_that_cannot_be_constrained_say_so(tmp_path: Path) -> None:
    words = Prompter.load(write_model_folder(tmp_path / "w", word_pieces(), HERMES))
    with pytest.raises(InvalidRequest, match="do not stand for bytes"):
        Constrainer(words, words.vocab_size).new_constraint(
            request(words, json_schema='{"const": 7}')
        )
