"""What do 8 and 4 bits in the KV cache cost in quality, and what do they save?

For every format: bytes of a token in use and in files of the shelf; perplexity of dialogues that
the bundled model never saw, of all tokens and of those that it must write itself; how often its
first choice is that of floats; recall of facts told many tokens before, where an answer counts when
every token of it is the first choice, as greedy decoding would write it; and the CPU time of a step
that decodes several rows. The rows are fed in chunks and through the same layers as in the engine.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlx.core as mx
import numpy as np
import numpy.typing as npt
from mlx.utils import tree_flatten
from tokenizers import Tokenizer

from agent_memory import bundled
from agent_memory.bundled.recipe.batches import Row
from agent_memory.cache.hashing import chain_hash, root_hash
from agent_memory.device.kv.cache_layout import CacheLayout
from agent_memory.device.kv.kv_block import KvBlock, to_host
from agent_memory.device.kv.kv_choice import bits_of
from agent_memory.device.kv.kv_cut import cut_tokens
from agent_memory.device.models.weights import load_weights
from agent_memory.device.rows.attention import batch_layers, install_attention
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.settings import KvBitsName
from benchmarks.harness.needles import needles, text
from benchmarks.harness.openblas import use_openblas
from benchmarks.harness.report import Report
from benchmarks.harness.run import run

FORMATS: tuple[KvBitsName, ...] = ("none", "8", "k8v4", "4")
_CHUNK = 256
_BLOCK = 256
_NUM_TOKENS = 4 * _BLOCK
_NUM_FACTS = 6

Layouts = Mapping[KvBitsName, CacheLayout]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Of every token but the first of some rows: its negative log-likelihood, whether the model
    must write it, and the first choice in its place."""

    losses: npt.NDArray[np.float32]
    is_reply: npt.NDArray[np.bool_]
    choices: npt.NDArray[np.int64]

    def perplexity(self) -> float:
        return float(np.exp(self.losses.mean()))

    def reply_perplexity(self) -> float:
        return float(np.exp(self.losses[self.is_reply].mean()))


def main() -> None:
    arguments = _arguments()
    use_openblas("benchmarks.kv_quality")
    report = Report("kv_quality", __doc__, arguments)
    install_attention()
    model, _ = load_weights(bundled.path())
    tokenizer = Tokenizer.from_file(str(bundled.path() / "tokenizer.json"))
    layouts = {name: CacheLayout(model, bits_of(name)) for name in FORMATS}
    report.say("bytes")
    sizes = {name: _sizes(model, layout) for name, layout in layouts.items()}
    report.say("perplexity")
    texts = [text(tokenizer, number, arguments.text_tokens) for number in range(arguments.texts)]
    readings = {name: _read(model, layout, texts) for name, layout in layouts.items()}
    recall = {name: dict[int, float]() for name in FORMATS}
    for distance in arguments.distances:
        report.say(f"recall over {distance} tokens")
        rows = [needles(tokenizer, at, _NUM_FACTS, distance) for at in range(arguments.dialogues)]
        for name, layout in layouts.items():
            recall[name][distance] = _recall(model, layout, rows)
    report.say("decoding")
    step_ms = _step_ms(model, layouts, arguments)
    _conclude(report, arguments, sizes, readings, recall, step_ms)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=12)
    parser.add_argument("--text-tokens", type=int, default=1500)
    parser.add_argument("--dialogues", type=int, default=25, help="of each distance")
    parser.add_argument("--distances", type=int, nargs="+", default=[200, 600, 1200])
    parser.add_argument("--rows", type=int, default=4, help="that decode together")
    parser.add_argument("--context", type=int, default=1500, help="tokens of each of them")
    parser.add_argument("--rounds", type=int, default=6)
    return parser.parse_args()


def _sizes(model: Any, layout: CacheLayout) -> tuple[float, float]:
    """Bytes of a token in a row's buffers, and in files of the shelf."""
    token_ids = [10 + at % 500 for at in range(_NUM_TOKENS)]
    layers = layout.new_layers()
    for _ in _logits(model, layers, token_ids):
        pass
    buffers = [array for _, array in tree_flatten([layer.state for layer in layers])]
    in_use = sum(buffer.nbytes for buffer in buffers)
    parent = root_hash("kv_quality", str(layout.kv_bits), "kv_quality")
    blocks = []
    for begin in range(0, _NUM_TOKENS, _BLOCK):
        tokens = tuple(token_ids[begin : begin + _BLOCK])
        tensors = cut_tokens(layers, layout, begin, begin + _BLOCK)
        blocks.append(KvBlock(chain_hash(parent, tokens), parent, tokens, tensors))
        parent = blocks[-1].hash
    with TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder), "kv_quality", str(layout.kv_bits))
        name = shelf.write([to_host(block) for block in blocks])
        at_rest = sum(path.stat().st_size for path in Path(folder).rglob(f"{name}*"))
    return in_use / _NUM_TOKENS, at_rest / _NUM_TOKENS


def _logits(model: Any, layers: Sequence[Any], token_ids: Sequence[int]) -> Iterator[mx.array]:
    """Logits [tokens, vocabulary], chunk by chunk."""
    for begin in range(0, len(token_ids), _CHUNK):
        chunk = mx.array([token_ids[begin : begin + _CHUNK]])
        logits = model(chunk, cache=layers)[0]
        mx.eval(logits)
        yield logits


def _read(model: Any, layout: CacheLayout, rows: Sequence[Row]) -> _Reading:
    losses, choices = [], []
    for row in rows:
        logits = mx.concatenate(list(_logits(model, layout.new_layers(), row.ids)))[:-1]
        targets = mx.array(row.ids[1:])[:, None]
        likelihoods = mx.take_along_axis(logits, targets, axis=-1)[:, 0]
        losses.append(np.asarray(mx.logsumexp(logits, axis=-1) - likelihoods))
        choices.append(np.asarray(mx.argmax(logits, axis=-1)))
    is_reply = np.concatenate([np.array(row.is_reply[1:]) for row in rows])
    return _Reading(np.concatenate(losses), is_reply, np.concatenate(choices))


def _recall(model: Any, layout: CacheLayout, rows: Sequence[Row]) -> float:
    """The share of answers that are right from first token to last."""
    right: list[bool] = []
    for row in rows:
        choices = _read(model, layout, [row]).choices.tolist()
        right += [
            choices[span.begin - 1 : span.end - 1] == row.ids[span.begin : span.end]
            for span in row.spans
        ]
    return sum(right) / len(right)


def _step_ms(
    model: Any, layouts: Layouts, arguments: argparse.Namespace
) -> dict[KvBitsName, float]:
    """Milliseconds of CPU of a step that feeds every row a token: the best round of each format,
    in turn."""
    rows = {
        name: [_filled(model, layout, arguments.context + at) for at in range(arguments.rows)]
        for name, layout in layouts.items()
    }
    best: dict[KvBitsName, float] = {}
    for _ in range(arguments.rounds):
        for name, layout in layouts.items():
            took = _round_ms(model, [layout.fork(row) for row in rows[name]])
            best[name] = min(took, best.get(name, took))
    return best


def _filled(model: Any, layout: CacheLayout, num_tokens: int) -> list[Any]:
    layers = layout.new_layers()
    for at in layout.full:
        layers[at].reserve(num_tokens + _CHUNK)
    for _ in _logits(model, layers, [10 + at % 500 for at in range(num_tokens)]):
        pass
    return layers


def _round_ms(model: Any, rows: Sequence[Sequence[Any]], num_steps: int = 24) -> float:
    tokens = mx.array([[11]] * len(rows))
    began_at = 0.0
    for at in range(-2, num_steps):
        if at == 0:
            began_at = time.process_time()
        cache = batch_layers(rows, [layers[0].offset for layers in rows])
        tokens = mx.argmax(model(tokens, cache=cache)[:, -1], axis=-1)[:, None]
        mx.eval(tokens)
    return (time.process_time() - began_at) * 1000 / num_steps


def _conclude(
    report: Report,
    arguments: argparse.Namespace,
    sizes: Mapping[KvBitsName, tuple[float, float]],
    readings: Mapping[KvBitsName, _Reading],
    recall: Mapping[KvBitsName, Mapping[int, float]],
    step_ms: Mapping[KvBitsName, float],
) -> None:
    exact = readings["none"].choices
    agreement = {name: float((each.choices == exact).mean()) for name, each in readings.items()}
    report.table(
        ["KV bits", "B/token in use", "at rest", "perplexity", "of replies", "same choice",
         *(f"recall {distance}" for distance in arguments.distances), "step CPU ms"],
        [
            [name, *sizes[name], readings[name].perplexity(), readings[name].reply_perplexity(),
             agreement[name], *recall[name].values(), step_ms[name]]
            for name in FORMATS
        ],
    )  # fmt: skip
    num_questions = arguments.dialogues * _NUM_FACTS
    report.conclude(f"{len(exact)} tokens of text; {num_questions} questions of each distance.")
    report.write(
        {
            "bytes_per_token": sizes,
            "perplexity": {name: each.perplexity() for name, each in readings.items()},
            "reply_perplexity": {name: each.reply_perplexity() for name, each in readings.items()},
            "same_first_choice": agreement,
            "recall": recall,
            "step_cpu_ms": step_ms,
        }
    )


if __name__ == "__main__":
    run(main)
