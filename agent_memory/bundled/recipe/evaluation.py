"""How well the model keeps to its trade, on phrasings it knows and on held-out ones.

A reply counts when every one of its tokens, the end mark included, is the model's first choice:
exactly what greedy decoding would write.
"""

from collections import Counter
from dataclasses import dataclass, field

import torch
from tokenizers import Tokenizer

from agent_memory.bundled.recipe.batches import Row, encode
from agent_memory.bundled.recipe.dialogues import Probe
from agent_memory.bundled.recipe.model import Model
from agent_memory.bundled.recipe.network import hidden_states, logits, rotations
from agent_memory.bundled.recipe.trials import SETTINGS, Setting


@dataclass(slots=True)
class Score:
    """Right replies and all replies, by what they show."""

    right: Counter[Probe] = field(default_factory=Counter)
    asked: Counter[Probe] = field(default_factory=Counter)
    misses: list[tuple[str, str]] = field(default_factory=list)

    def share(self, probe: Probe) -> float:
        """The share of right replies; 0 when there was none to give."""
        return self.right[probe] / max(1, self.asked[probe])


def measure(model: Model, setting: Setting, num_dialogues: int) -> Score:
    """The score over this many dialogues."""
    score = Score()
    rotation = rotations(model.shape, setting.max_tokens)
    for dialogue in setting.dialogues(num_dialogues):
        row = encode(model.tokenizer, dialogue)
        ids = row.ids[: setting.max_tokens]
        with torch.no_grad():
            tokens = torch.tensor([ids])
            turned = rotation[0][: len(ids)], rotation[1][: len(ids)]
            states = hidden_states(model.weights, model.shape, tokens, turned)
            choices = logits(model.weights, states)[0].argmax(-1).tolist()
        _count(score, row, choices, model.tokenizer)
    return score


def table(model: Model, num_dialogues: int = 100) -> str:
    """Every setting's score as a Markdown table."""
    probes = [probe for probe in Probe if probe is not Probe.NOTHING]
    lines = [
        "| dialogues | " + " | ".join(probe.value for probe in probes) + " |",
        "|---|" + "---|" * len(probes),
    ]
    for setting in SETTINGS:
        score = measure(model, setting, num_dialogues)
        cells = (_cell(score, probe) for probe in probes)
        lines.append(f"| {setting.title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(score: Score, probe: Probe) -> str:
    asked = score.asked[probe]
    return f"{100 * score.share(probe):.1f} % of {asked}" if asked else "-"


def _count(score: Score, row: Row, choices: list[int], tokenizer: Tokenizer) -> None:
    for span in row.spans:
        if span.end > len(choices):
            continue
        wanted, written = row.ids[span.begin : span.end], choices[span.begin - 1 : span.end - 1]
        score.asked[span.probe] += 1
        if wanted == written:
            score.right[span.probe] += 1
        else:
            score.misses.append(
                (
                    tokenizer.decode(row.ids[max(0, span.begin - 40) : span.end]),
                    tokenizer.decode(written),
                )
            )
