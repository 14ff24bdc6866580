"""Numbers of telephones: international ones, common national forms, and digits called a number.

Dates, versions, amounts, identifiers and ranges are digits with separators too; hence a national
form counts only whole, with the groups of its country, and with nothing but prose around it.
"""

import re

from agent_memory.memory.redaction.kinds import RedactionKind
from agent_memory.memory.redaction.rule import pattern_rule

_CALLING_CODE = re.compile(
    r"1|7|2[07]|2[1-69]\d|3[0-469]|3[578]\d|4[013-9]|42\d|5[1-8]|5[09]\d|6[0-6]|6[7-9]\d|8[1246]"
    r"|80[08]|85\d|8[78]\d|9[0-58]|9[679]\d"
)
_BEGIN = r"(?<![\w.+/#%$€£:=-])(?<!\d )"
_END = r"(?![\w/#%:=+]|[.,-]\d| \d)"
_NOT_DIGITS = re.compile(r"\D")
_DATE = re.compile(r"(?:19|20)\d\d[ .-](?:0?\d|1[0-2])[ .-][0-3]?\d")


def is_international(word: str) -> bool:
    """ITU-T E.164: a calling code, then up to 15 digits in all."""
    digits = _NOT_DIGITS.sub("", word)
    if not 8 <= len(digits) <= 15 or not _CALLING_CODE.match(digits) or len(set(digits)) < 3:
        return False
    return not digits.startswith("1") or (len(digits) == 11 and digits[1] in "23456789")


def is_called_number(word: str) -> bool:
    digits = _NOT_DIGITS.sub("", word)
    return 7 <= len(digits) <= 15 and not _DATE.fullmatch(word.strip())


_NORTH_AMERICA = (
    r"(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d(?P<s>[ .-]))[2-9]\d\d(?(s)(?P=s)|[ .-])\d{4}"
)
_BRITAIN = (
    r"\(?0(?:2\d\)? \d{4} \d{4}|1\d{3}\)? \d{5,6}|1\d1\)? \d{3} \d{4}"
    r"|7\d{3} \d{3} ?\d{3}|800 \d{3} ?\d{3,4})"
)
_FRANCE = r"0[1-9](?:(?: \d\d){4}|(?:\.\d\d){4})"
_GERMANY = (
    r"\(?0(?:1[567]\d|[2-9]\d{1,4})\)?"
    r"(?: ?/ ?\d{3}[ -]?\d{2,5}(?:[ -]\d{1,4})?|-\d{7,9}|\) ?\d{4,9})"
)
_ELSEWHERE = r"0[2-9]\d{2}[ -]\d{3}[ -]\d{3,4}|0\d[ -]\d{4}[ -]\d{4}|0[789]0-\d{4}-\d{4}"
_CALLED = (
    r"(?:\b(?:tele)?phone|\btel|\bmobile|\bcell|\bfax|whatsapp|\bhandy|\btelefon|\bmobil)"
    r"(?: ?(?:number|no|nr|#))?\.?[\"']?(?: is| at)?\s{0,2}[:=]?\s{0,2}[\"']?"
    r"(?P<secret>\+?\(?\d[\d ().-]{5,20}\d)(?![\w/])"
)
_ASKED_TO_CALL = (
    r"\b(?:call|text|ring|reach|sms|dial)(?: (?:me|us|him|her|them))?(?: (?:at|on|under))? "
    r"(?P<secret>\(?\d[\d ().-]{7,20}\d)(?![\w/])"
)
_DIGITS = tuple("0123456789")


PHONES = (
    pattern_rule(
        RedactionKind.PHONE,
        r"(?<![\w.+/#%$:=*^)-])(?:(?<!\n)\+|(?<=\n)\+(?=\d{1,3}[ (-]\(?\d{2,4}\)?[ -]))"
        r"[1-9](?:[ ().-]{0,2}\d){6,13}\d(?![\w/]|[.-]\d)",
        "+",
        accepts=is_international,
    ),
    pattern_rule(
        RedactionKind.PHONE,
        r"(?<![\w.+/-])00[1-9]\d{0,2}[ -]\d{2,4}(?:[ -]\d{2,6}){1,4}(?![\w/]|[.-]\d)",
        "00",
    ),
    pattern_rule(
        RedactionKind.PHONE,
        f"{_BEGIN}(?:{_NORTH_AMERICA}|{_BRITAIN}|{_FRANCE}|{_GERMANY}|{_ELSEWHERE}){_END}",
        *_DIGITS,
    ),
    pattern_rule(
        RedactionKind.PHONE,
        _CALLED,
        "phone",
        "tel",
        "mobil",
        "cell",
        "fax",
        "whatsapp",
        "handy",
        accepts=is_called_number,
        is_folded=True,
    ),
    pattern_rule(
        RedactionKind.PHONE,
        _ASKED_TO_CALL,
        "call",
        "text",
        "ring",
        "reach",
        "sms",
        "dial",
        accepts=is_called_number,
        is_folded=True,
    ),
)
