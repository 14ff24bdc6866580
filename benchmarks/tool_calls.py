"""How many calls of tools does the bundled model get exactly right, as a server decodes them?

In the dialogues that the model's evaluation takes, every call is compared with the one that should
stand there: it counts when greedy decoding writes each of its tokens. "Free" is the model by
itself; "held" is what the server says, which holds a call that the model has begun to the names of
the tools and to their schemas. The model reads every dialogue once, in float32.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import mlx.core as mx
import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from agent_memory import bundled
from agent_memory.bundled.recipe import tokenizer as recipe_tokenizer
from agent_memory.bundled.recipe.batches import encode
from agent_memory.bundled.recipe.dialogues import Dialogue, Probe
from agent_memory.bundled.recipe.trials import SETTINGS, Setting
from agent_memory.cache.lease import Lease
from agent_memory.device.models.weights import load_weights
from agent_memory.device.sampling.grammar import Constrainer
from agent_memory.device.text.prompter import Prompter
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import BlockHash, LeaseId
from agent_memory.turns.answer_form import AnswerForm
from agent_memory.turns.messages import ToolSpec
from agent_memory.turns.sampling import SamplingParams
from benchmarks.harness.openblas import use_openblas
from benchmarks.harness.report import Report
from benchmarks.harness.run import run

AIM = 0.97


class Trial:
    """The model in `folder`, asked for its first choices."""

    def __init__(self, folder: Path) -> None:
        self._model, _ = load_weights(folder)
        prompter = Prompter.load(folder)
        self._tokenizer: Tokenizer = recipe_tokenizer.build()
        self._constrainer = Constrainer(prompter, prompter.vocab_size)

    def count(self, setting: Setting, num_dialogues: int) -> tuple[int, int, int]:
        """Calls, those that are right by themselves, and those that are right when held."""
        num_calls = num_free = num_held = 0
        for dialogue in setting.dialogues(num_dialogues):
            row = encode(self._tokenizer, dialogue)
            ids = row.ids[: setting.max_tokens]
            logits = np.array(self._model(mx.array([ids]))[0].astype(mx.float32))
            for span in row.spans:
                if span.probe is not Probe.TOOL or span.end > len(ids):
                    continue
                num_calls += 1
                wanted = ids[span.begin : span.end]
                found = logits[span.begin - 1 : span.end - 1]
                num_free += found.argmax(-1).tolist() == wanted
                num_held += self._held(dialogue, wanted, found) == wanted
        return num_calls, num_free, num_held

    def _held(
        self, dialogue: Dialogue, wanted: Sequence[int], logits: npt.NDArray[np.float32]
    ) -> list[int]:
        """The first choices at the server, each after what is wanted before it."""
        constraint = self._constrainer.new_constraint(_request(dialogue))
        chosen = []
        for token, each in zip(wanted, logits, strict=True):
            mask = None if constraint is None else constraint.allowed()
            chosen.append(int((each if mask is None else np.where(mask, each, -np.inf)).argmax()))
            if constraint is not None:
                constraint.advance(token)
        return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialogues", type=int, default=60, help="of each kind")
    parser.add_argument(
        "--of", default="held out", help="only kinds with these words in their name"
    )
    parser.add_argument("--model", default=str(bundled.path()), help="a folder")
    arguments = parser.parse_args()
    use_openblas("benchmarks.tool_calls")
    report = Report("tool_calls", __doc__, arguments)
    trial = Trial(Path(arguments.model))
    rows: list[list[object]] = []
    figures: dict[str, dict[str, float]] = {}
    for setting in (each for each in SETTINGS if arguments.of in each.title):
        num_calls, num_free, num_held = trial.count(setting, arguments.dialogues)
        free, held = num_free / num_calls, num_held / num_calls
        rows.append([setting.title, num_calls, free, held])
        figures[setting.title] = {"calls": num_calls, "free": free, "held": held}
    report.table(["dialogues", "calls", "free", "held"], rows)
    report.conclude(f"Aim: {AIM} where phrasings and tools are held out.")
    report.write(figures)


def _request(dialogue: Dialogue) -> GenerationRequest:
    tools = []
    for schema in dialogue.schemas:
        match schema["function"]:
            case {"name": str(name), **described}:
                parameters = described.get("parameters", {})
                assert isinstance(parameters, dict)
                tools.append(ToolSpec(name, str(described.get("description", "")), parameters))
            case other:
                raise TypeError(f"no tool: {other}")
    return GenerationRequest(
        request_id="r",
        group="w",
        root=BlockHash("00" * 32),
        prompt_tokens=(0,),
        sampling=SamplingParams(1),
        lease=Lease(LeaseId("lease"), 0),
        form=AnswerForm(tuple(tools)),
    )


if __name__ == "__main__":
    run(main)
