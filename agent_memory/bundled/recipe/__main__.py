"""The recipe's commands: `python -m agent_memory.bundled.recipe train | evaluate`."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

import torch

from agent_memory import bundled
from agent_memory.bundled.recipe import evaluation, export, network, tokenizer, trials
from agent_memory.bundled.recipe.model import Model
from agent_memory.bundled.recipe.network import Shape
from agent_memory.bundled.recipe.reach import reaches
from agent_memory.bundled.recipe.training import Trainer

REPORT_EVERY = 25
MEASURE_EVERY = 1000


def main() -> None:
    """Parse the command line and run one command."""
    parser = ArgumentParser(prog="python -m agent_memory.bundled.recipe", description=__doc__)
    parser.add_argument("--threads", type=int, default=2, help="CPU threads (2)")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="build tokenizer and model and write them")
    train.add_argument("--tokens", type=int, default=40_000_000, help="tokens to train on")
    train.add_argument("--minutes", type=float, default=1e6, help="end after this time, if sooner")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--model", type=Path, default=bundled.path(), help="folder to write")
    train.add_argument("--checkpoint", type=Path, help="file to keep progress in and resume from")
    train.add_argument(
        "--onward", action="store_true", help="begin with the weights in --model, not from noise"
    )
    evaluate = commands.add_parser("evaluate", help="print the table of the model's card")
    evaluate.add_argument("--model", type=Path, default=bundled.path(), help="folder to read")
    evaluate.add_argument("--dialogues", type=int, default=100, help="dialogues per row")
    options = parser.parse_args()
    if options.command == "train":
        torch.set_num_threads(1)
        trainer = _trainer(options)
        if trainer.num_tokens >= options.tokens:
            parser.error(f"it has seen {trainer.num_tokens} tokens: ask for more with --tokens")
        _train(trainer, options)
    else:
        torch.set_num_threads(options.threads)
        _evaluate(options)


def _trainer(options: Namespace) -> Trainer:
    """One that goes on from the checkpoint if there is one, else from a model if told to."""
    if options.onward:
        model = export.read_model(options.model)
    else:
        shape = Shape()
        weights = network.initial_weights(shape, options.seed)
        model = Model(weights, shape, tokenizer.build(), num_tokens=0)
    trainer = Trainer.begin(model, options.threads)
    if options.checkpoint is not None and options.checkpoint.exists():
        trainer.restore(options.checkpoint)
    return trainer


def _train(trainer: Trainer, options: Namespace) -> None:
    checkpoint: Path | None = options.checkpoint

    def report(line: str, trainer: Trainer) -> None:
        if checkpoint is not None:
            trainer.save(checkpoint)
        if trainer.num_steps % MEASURE_EVERY == 0:
            line += "\n" + _short_measure(trainer)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    trainer.run(
        options.tokens, options.minutes * 60, options.seed, every=REPORT_EVERY, report=report
    )
    if checkpoint is not None:
        trainer.save(checkpoint)
    export.write_model(options.model, trainer.model)


def _short_measure(trainer: Trainer) -> str:
    cells = []
    for setting in trials.SETTINGS[:2]:
        score = evaluation.measure(trainer.model, setting, num_dialogues=40)
        shares = ", ".join(f"{probe.value} {score.share(probe):.2f}" for probe in score.asked)
        cells.append(f"    {setting.title}: {shares}")
    return "\n".join(cells)


def _evaluate(options: Namespace) -> None:
    model = export.read_model(options.model)
    sys.stdout.write(evaluation.table(model, options.dialogues) + "\n\n")
    for reach in reaches(model):
        sys.stdout.write(
            f"{reach.num_tokens} tokens: {reach.num_recalled} of {reach.num_told} facts recalled, "
            f"logits {'finite' if reach.is_finite else 'NOT FINITE'}\n"
        )


if __name__ == "__main__":
    main()
