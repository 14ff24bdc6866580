"""Addresses of e-mail."""

import re

from agent_memory.memory.redaction.kinds import RedactionKind
from agent_memory.memory.redaction.rule import pattern_rule

_FILE_ENDINGS = frozenset(
    """
    png jpg jpeg gif svg webp avif ico css scss js mjs ts tsx jsx py java go rs rb kt html htm
    json xml yml yaml md txt zip gz tar so dll exe class jar log
    """.split()  # noqa: SIM905
)
_OBJECT = re.compile(r"[A-Za-z_$][\w$.]*@[0-9a-f]{4,8}\..*")


def _is_address(word: str) -> bool:
    """Neither `logo@2x.png` nor the `toString()` of a Java object."""
    local, _, domain = word.rpartition("@")
    ending = domain.rpartition(".")[2].lower()
    return ending not in _FILE_ENDINGS and local != "git" and not _OBJECT.fullmatch(word)


EMAILS = (
    pattern_rule(
        RedactionKind.EMAIL,
        r"[A-Za-z0-9_](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_+-])?@"
        r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9-]{1,63}){0,6}\.[A-Za-z]{2,24}"
        r"(?![A-Za-z0-9@(]|-[A-Za-z0-9])",
        "@",
        accepts=_is_address,
    ),
    pattern_rule(
        RedactionKind.EMAIL,
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}\s{0,2}(?:\[at\]|\(at\))\s{0,2}[A-Za-z0-9-]{1,63}"
        r"(?:\s{0,2}(?:\[dot\]|\(dot\)|\.)\s{0,2}[A-Za-z0-9-]{1,63}){0,3}"
        r"\s{0,2}(?:\[dot\]|\(dot\)|\.)\s{0,2}[A-Za-z]{2,24}\b",
        "[at]",
        "(at)",
    ),
)
