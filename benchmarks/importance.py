"""Does what a text looks like tell whether it will be asked for?

Turns of LoCoMo (`--locomo`, JSON; not copied) that answer a question are told from the others by
the cues of their content: area under the curve (AUC) of the weights in use, of their length alone,
and of weights fitted by logistic regression to all conversations but the one that is judged.
"""

import argparse
import json
from dataclasses import astuple
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent_memory.memory.search.content_cues import ContentCues, content_cues
from agent_memory.memory.search.importance import CUE_WEIGHTS
from benchmarks.harness.report import Report

NUM_STEPS = 30
RIDGE = 1.0

Array = npt.NDArray[np.float64]


def main() -> None:
    arguments = _arguments()
    report = Report("importance", __doc__, arguments)
    cues, is_asked, conversations = _read(Path(arguments.locomo))
    in_use = np.array([0.0, *astuple(CUE_WEIGHTS)])
    rows = []
    for conversation in np.unique(conversations):
        held_out = conversations == conversation
        fitted = _fit(cues[~held_out], is_asked[~held_out])
        judged = cues[held_out], is_asked[held_out]
        rows.append(
            [f"conversation {conversation}", int(is_asked[held_out].sum()), len(judged[0])]
            + [_auc(judged[0] @ weights, judged[1]) for weights in (in_use, _of_length(), fitted)]
        )
    report.table(["held out", "asked for", "turns", "in use", "length alone", "fitted"], rows)
    means = [float(np.mean([row[at] for row in rows])) for at in (3, 4, 5)]
    report.conclude("Mean AUC: in use {:.3f}, length alone {:.3f}, fitted {:.3f}".format(*means))
    names = ("bias", *ContentCues.__dataclass_fields__)
    fitted_to_all = dict(zip(names, map(float, _fit(cues, is_asked)), strict=True))
    report.conclude("Fitted to all: " + ", ".join(f"{k} {v:.2f}" for k, v in fitted_to_all.items()))
    report.write({"auc": rows, "mean_auc": means, "fitted_to_all": fitted_to_all})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locomo", required=True, help="conversations, JSON")
    return parser.parse_args()


def _read(path: Path) -> tuple[Array, Array, npt.NDArray[np.int64]]:
    cues, is_asked, conversations = [], [], []
    for number, conversation in enumerate(json.loads(path.read_bytes())):
        evidence = {turn for one in conversation["questions"] for turn in one["evidence"]}
        for turn in conversation["turns"]:
            cues.append((1.0, *astuple(content_cues(turn["text"]))))
            is_asked.append(float(turn["id"] in evidence))
            conversations.append(number)
    return np.array(cues), np.array(is_asked), np.array(conversations)


def _of_length() -> Array:
    return np.array([0.0, 1.0, *[0.0] * (len(astuple(CUE_WEIGHTS)) - 1)])


def _fit(cues: Array, is_asked: Array) -> Array:
    """Newton's method with a ridge on all but the bias."""
    weights = np.zeros(cues.shape[1])
    ridge = RIDGE * np.eye(len(weights))
    ridge[0, 0] = 0
    for _ in range(NUM_STEPS):
        expected = 1 / (1 + np.exp(-cues @ weights))
        curvature = (cues.T * (expected * (1 - expected))) @ cues + ridge
        weights += np.linalg.solve(curvature, cues.T @ (is_asked - expected) - ridge @ weights)
    return weights


def _auc(scores: Array, is_asked: Array) -> float:
    """How often one that is asked for has more than one that is not; ties count half."""
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    num_asked = is_asked.sum()
    above = ranks[is_asked == 1].sum() - num_asked * (num_asked + 1) / 2
    return float(above / (num_asked * (len(scores) - num_asked)))


if __name__ == "__main__":
    main()
