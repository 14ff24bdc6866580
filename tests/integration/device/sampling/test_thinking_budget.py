"""A model may think for so long and no longer."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent_memory.cache.lease import Lease
from agent_memory.device.engine import MlxEngine
from agent_memory.device.sampling.grammar import Constrainer
from agent_memory.device.text.prompter import Prompter
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import BlockHash, LeaseId
from agent_memory.testing.models import make_model_folder
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.events import TextDelta, ThinkingDelta
from tests.integration.device.conftest import small_settings
from tests.integration.device.engine_driver import GREEDY, Answer, a_request, ask
from tests.integration.device.small_tokenizers import (
    OPENED_THINKING,
    THINKING,
    byte_level,
    write_model_folder,
)

BUDGET = 6
OPENED = "<|im_start|>assistant\n<think>\n"
LONG = replace(GREEDY, max_tokens=40)


def thinking_folder(folder: Path, template: str) -> Path:
    """A small model whose tokenizer knows marks of thinking."""
    make_model_folder(folder, "llama")
    config = json.loads((folder / "config.json").read_text())
    write_model_folder(folder, byte_level(), template)
    eos = json.loads((folder / "config.json").read_text())["eos_token_id"]
    (folder / "config.json").write_text(json.dumps({**config, "eos_token_id": eos}))
    return folder


@pytest.fixture
def thinker(tmp_path: Path) -> Iterator[MlxEngine]:
    folder = thinking_folder(tmp_path / "thinker", OPENED_THINKING)
    engine = MlxEngine.load(folder, "thinker", small_settings(), None)
    yield engine
    engine.close()


def kinds(answer: Answer) -> list[type]:
    deltas = [delta for event in answer.events for delta in getattr(event, "deltas", ())]
    return [type(delta) for delta in deltas]


def opened_prompt(folder: Path) -> tuple[tuple[int, ...], int]:
    prompter = Prompter.load(folder)
    (end,) = prompter.encode("</think>")
    return tuple(prompter.encode(OPENED)), end


async def test_the_end_of_thinking_is_written_where_the_budget_ends(
    thinker: MlxEngine, tmp_path: Path
) -> None:
    prompt, end = opened_prompt(tmp_path / "thinker")
    # The model never ends its thinking by itself.
    stubborn = replace(LONG, logit_bias={end: -100.0})
    asked = replace(a_request(thinker, prompt, stubborn), form=AnswerForm())
    free = await ask(thinker, asked)
    assert end not in free.tokens()
    assert TextDelta not in kinds(free)

    bound = await ask(thinker, replace(asked, form=AnswerForm(thinking_budget=BUDGET)))

    assert bound.tokens()[:BUDGET] == free.tokens()[:BUDGET]
    assert bound.tokens()[BUDGET] == end
    assert end not in bound.tokens()[BUDGET + 1 :]
    assert {ThinkingDelta, TextDelta} <= set(kinds(bound))


async def test_an_attempt_that_goes_on_keeps_to_the_same_budget(
    thinker: MlxEngine, tmp_path: Path
) -> None:
    prompt, _ = opened_prompt(tmp_path / "thinker")
    asked = replace(a_request(thinker, prompt, LONG), form=AnswerForm(thinking_budget=BUDGET))
    whole = (await ask(thinker, asked)).tokens()
    for num_known in (1, BUDGET - 1, BUDGET, BUDGET + 1, BUDGET + 3):
        again = await ask(thinker, replace(asked, forced_tokens=tuple(whole[:num_known])))
        assert again.tokens() == whole


def test_a_budget_binds_thinking_that_the_model_opens_itself(tmp_path: Path) -> None:
    folder = write_model_folder(tmp_path, byte_level(), THINKING)
    prompter = Prompter.load(folder)
    asked = GenerationRequest(
        request_id="r",
        group="w",
        root=BlockHash("00" * 32),
        prompt_tokens=tuple(prompter.encode("Hi")),
        sampling=LONG,
        lease=Lease(LeaseId("lease"), 0),
        form=AnswerForm(json_schema='{"const": 7}', thinking_budget=BUDGET),
    )
    constraint = Constrainer(prompter, prompter.vocab_size).new_constraint(asked)
    assert constraint is not None
    for token in (*prompter.encode("<think>"), *prompter.encode("one two three")[:BUDGET]):
        mask = constraint.allowed()
        assert mask is None or mask[token]
        constraint.advance(token)
    mask = constraint.allowed()
    assert mask is not None
    assert [token for token, may in enumerate(mask) if may] == list(prompter.encode("</think>"))
    for token in prompter.encode("</think>\n\n7"):
        constraint.advance(token)
    assert constraint.is_finished
