"""Credentials in headers of HTTP, whether written as headers, as JSON or as options of curl."""

import re

from agent_memory.memory.redaction.kinds import RedactionKind
from agent_memory.memory.redaction.placeholders import is_placeholder
from agent_memory.memory.redaction.rule import pattern_rule

_OPERATOR = r"[\"']?\s{0,3}(?:=>|[:=,])\s{0,3}[\"'\[]{0,2}"
_USER_ID = re.compile(r"[\d.]{1,10}")


def _is_password(word: str) -> bool:
    """`-u 1000:1000` is a user and a group."""
    return _USER_ID.fullmatch(word) is None and not is_placeholder(word)


def _has_digit_or_is_long(word: str) -> bool:
    return len(word) >= 32 or any(char.isdigit() for char in word)


HEADERS = (
    pattern_rule(
        RedactionKind.AUTHORIZATION,
        r"[Aa](?:uthorization|UTHORIZATION)" + _OPERATOR + r"(?:[Dd]igest|AWS4-HMAC-SHA256|OAuth|"
        r"Hawk)\s{1,3}(?P<secret>[^\r\n]{8,2048})",
        "authorization",
    ),
    pattern_rule(
        RedactionKind.AUTHORIZATION,
        r"[Aa](?:uthorization|UTHORIZATION)" + _OPERATOR + r"(?:[Bb]asic|[Bb]earer|BEARER|[Tt]oken|"
        r"[Nn]egotiate|NTLM|[Aa]pi-?[Kk]ey|SSWS|GenieKey|DeepL-Auth-Key)\s{1,3}(?:token=)?[\"']?"
        r"(?P<secret>[A-Za-z0-9][A-Za-z0-9._~+/=:|-]{5,4096})",
        "authorization",
    ),
    pattern_rule(
        RedactionKind.AUTHORIZATION,
        r"[Aa](?:uthorization|UTHORIZATION)"
        + _OPERATOR
        + r"(?P<secret>[A-Za-z0-9._~+/=:|-]{12,4096})",
        "authorization",
        accepts=_has_digit_or_is_long,
    ),
    pattern_rule(
        RedactionKind.AUTHORIZATION,
        r"(?<![A-Za-z])[Bb]earer[ :]{1,2}(?P<secret>[A-Za-z0-9._~+/=-]{16,4096})",
        "bearer",
        accepts=_has_digit_or_is_long,
    ),
    pattern_rule(
        RedactionKind.AUTHORIZATION,
        r"(?<![A-Za-z])[Bb]asic (?P<secret>[A-Za-z0-9+/]{16,512}={1,2})",
        "basic",
    ),
    pattern_rule(
        RedactionKind.COOKIE,
        r"(?<![A-Za-z])cookie[\"']?\s{0,3}(?:=>|:)\s{0,3}[\"'\[]{0,2}"
        r"(?P<secret>[\w.%!#$&*+^`|~-]{1,128}=[^\r\n\"']{4,8192})",
        "cookie",
        is_folded=True,
    ),
    pattern_rule(
        RedactionKind.CREDENTIAL,
        r"\bcurl\b[^\r\n]{0,400}?\s(?:-u|--user|--proxy-user|-U)[ =]?[\"']?[^\s:\"']{1,64}:"
        r"(?P<secret>[^\s\"']{1,128})",
        "curl",
        accepts=_is_password,
    ),
)
