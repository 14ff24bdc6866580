"""The tasks that a message says are done, and its sentences that ask nothing."""

import re
from collections.abc import Iterator

from agent_memory.memory.extraction.classification import is_hypothetical, is_question, words_of
from agent_memory.memory.extraction.sentences import find_sentences, unquoted

_DONE = (
    "done|finished|completed?|complete|merged|rotated|fixed|deployed|migrated|released|resolved|added|"
    "updated|written|built|shipped|closed|implemented|removed|deleted|renamed|moved|refactored|"
    "replaced|reviewed|tested|documented|installed|configured|upgraded|converted|set up|cleaned up|"
    "in place|created|enabled|disabled|published|dropped|extracted|integrated|optimi[sz]ed|ported|"
    "split|validated|verified|reverted|bumped|automated|restored|landed|pushed"
)
_IS_DONE = re.compile(
    rf"\b(?:is|are|was|were|has been|have been|is now|got|been) (?:now |all |already |finally )?"
    rf"(?:{_DONE})\b",
    re.IGNORECASE,
)
_DID = re.compile(
    r"(?:(?:ok(?:ay)?|great|good|so|and|also|just|done|yes|all right)[,.:]? )*(?:i|we)"
    r"(?:'ve| have)? "
    rf"(?:just |already |now |also |finally )*(?:{_DONE}|wrote|ran|did|made|built|changed|extended|"
    r"finished \w+ing)\b",
    re.IGNORECASE,
)
_PARTICIPLE = r"(?P<deed>[a-z]+(?:ed|en)|sent|paid|put|run|cut|set|made|taken|dealt|rolled out)"
_DEEDS = (
    re.compile(
        r"\b(?:is|are|was|were|has been|have been|got|been) (?:now |all |already |finally |just )?"
        rf"{_PARTICIPLE}\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:(?:ok(?:ay)?|great|good|so|and|also|just|done|yes|all right)[,.:]? )*(?:i|we)"
        rf"(?:'ve| have)? (?:just |already |now |also |finally )*{_PARTICIPLE}\b",
        re.IGNORECASE,
    ),
    re.compile(rf"[^,;:]{{3,80}}? {_PARTICIPLE}[.!]?$", re.IGNORECASE),
)
_LABELLED = re.compile(
    r"(?:\[[xX]\]|done|finished|completed|resolved|fixed|closed|\u2705|\u2714\ufe0f?)"
    r"(?::| -| \u2013| \u2014|(?<=[\]\u2705\u2714\ufe0f]))\s*\S",
    re.IGNORECASE,
)
_STRUCK = re.compile(
    r"~~[^~\n]+~~|.*\S (?:\u2705|\u2714\ufe0f?)$|.* (?:- |\u2014 |\()?done[.)!]?$", re.I
)
_NOT_DONE = re.compile(
    r"\b(?:not|never|nearly|almost|half|partly|once|when|after|until|should|must|needs?|will|can|"
    r"cannot|to be|yet to)\b|n't\b",
    re.IGNORECASE,
)
_MAX_PLAIN = 200


def find_done(text: str) -> Iterator[str]:
    """Sentences that say that something is done."""
    for sentence in _sentences(text):
        if is_ticked(sentence) or (_says_done(sentence) and _NOT_DONE.search(sentence) is None):
            yield sentence


def is_ticked(sentence: str) -> bool:
    """An item of a list that is marked as done."""
    return _LABELLED.match(sentence) is not None or _STRUCK.fullmatch(sentence) is not None


def _says_done(sentence: str) -> bool:
    return _DID.match(sentence) is not None or _IS_DONE.search(sentence) is not None


def find_deeds(text: str) -> Iterator[tuple[str, str]]:
    """(sentence, participle) of sentences that say that something was done to a thing; whether it
    is what had to be done, its task tells."""
    for sentence in _sentences(text):
        if _NOT_DONE.search(sentence) is not None:
            continue
        for pattern in _DEEDS:
            if (deed := pattern.search(sentence)) is not None:
                yield sentence, deed.group("deed").lower()


def find_told(text: str) -> Iterator[str]:
    """Sentences that tell something."""
    yield from _sentences(text)


def _sentences(text: str) -> Iterator[str]:
    for begin, end in find_sentences(text):
        sentence = text[begin:end]
        if len(sentence) > _MAX_PLAIN:
            continue
        plain = unquoted(sentence)
        if not is_question(plain) and not is_hypothetical(plain, words_of(plain)):
            yield sentence
