"""Numbers of payment cards: a known issuer, its length, its grouping, and Luhn's check digit."""

import re

from agent_memory.memory.redaction.kinds import RedactionKind
from agent_memory.memory.redaction.rule import pattern_rule

_SEPARATORS = str.maketrans("", "", " -")
_GROUPS = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 4, 2), (4, 4, 4, 1)}
_ISSUERS = (
    (re.compile("4"), {13, 16, 19}),
    (re.compile("5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), {16}),
    (re.compile("3[47]"), {15}),
    (re.compile("6(?:011|5|4[4-9])"), {16, 19}),
    (re.compile("3(?:0[0-5]|095|[689])"), {14, 16}),
    (re.compile("35(?:2[89]|[3-8])"), {16}),
    (re.compile("62|81"), {16, 17, 18, 19}),
    (re.compile("50(?:18|20|38)|5893|6304|6759|676[123]"), {13, 16, 18, 19}),
    (re.compile("220[0-4]|9792|6(?:0|521)|508[5-9]"), {16}),
)


def is_card(word: str) -> bool:
    digits = word.translate(_SEPARATORS)
    if digits != word and tuple(map(len, re.split("[ -]", word))) not in _GROUPS:
        return False
    if len(set(digits)) < 3 or not _passes_luhn(digits):
        return False
    return any(len(digits) in lengths and begin.match(digits) for begin, lengths in _ISSUERS)


def _passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


CARDS = (
    pattern_rule(
        RedactionKind.CARD,
        r"(?<![\w.+/#-])\d{4}(?P<separator>[ -]?)\d{2,6}(?:(?P=separator)\d{1,6}){1,4}"
        r"(?![\w/#]|[.-]\d)",
        *"23456789",
        accepts=is_card,
    ),
)
