"""The items shown for a question, with the verdicts on them: something to learn from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent_memory.memory.feedback import Judged, Shown, Verdict

UNJUDGED_TRUST = 0.25
"""Of a judgement: an item that was shown beside one that helped, and of which nothing was said,
probably did not."""
UNJUDGED_UP_TO_RANK = 10
"""Further down it was probably not looked at."""
LARGEST_TRUST = 10.0
"""However improbable it was that an item was shown where it was."""

_GAINS = {Verdict.HELPFUL: 1.0, Verdict.USED: 0.5, Verdict.NOT_HELPFUL: 0.0, Verdict.DUPLICATE: 0.0}
"""`OUTDATED` is no judgement of the ranking: the item was what was looked for."""


@dataclass(frozen=True, slots=True)
class Example:
    """An item that was shown. gain: from 0 to 1, what showing it was worth. trust: how much that is
    to be believed, 1 being what someone said of an item that had to be shown there."""

    components: Mapping[str, float]
    gain: float
    trust: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """The examples of one question, in the order shown; some helped and some did not."""

    impression_id: str
    examples: tuple[Example, ...]


def lessons(judged: Iterable[Judged]) -> tuple[Lesson, ...]:
    """Of every impression of which something is to be learned, by id."""
    read = (_lesson(one) for one in sorted(judged, key=lambda one: one.impression.impression_id))
    return tuple(lesson for lesson in read if _teaches(lesson))


def _lesson(judged: Judged) -> Lesson:
    examples = (
        _example(shown, judged.verdicts.get(shown.item_id))
        for shown in sorted(judged.impression.shown, key=lambda shown: shown.rank)
    )
    return Lesson(
        judged.impression.impression_id,
        tuple(example for example in examples if example is not None),
    )


def _example(shown: Shown, verdict: Verdict | None) -> Example | None:
    chance = min(LARGEST_TRUST, 1 / shown.propensity)
    if verdict in _GAINS:
        return Example(shown.components, _GAINS[verdict], chance)
    if verdict is None and shown.rank < UNJUDGED_UP_TO_RANK:
        return Example(shown.components, 0.0, UNJUDGED_TRUST * chance)
    return None


def _teaches(lesson: Lesson) -> bool:
    gains = {example.gain for example in lesson.examples}
    return len(gains) > 1
