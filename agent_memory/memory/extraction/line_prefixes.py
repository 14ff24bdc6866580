"""Prefixes that CI services, containers and log collectors put before every line of an output."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

_ROUNDS = 4
"""Prefixes stand before one another: of a job, then of a time, then of a container."""
_MIN_LINES = 3
_MIN_SHARE = 0.75
_FEW = 2
_MAX_SOURCES = 24
"""More different names are data of the lines, not places that they come from."""
_MON = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_TIME = (
    rf"(?:\d{{4}}[-/]\d\d[-/]\d\d[T ]{_CLOCK}(?:Z| ?[+-]\d\d:?\d\d| UTC)?|"
    rf"(?:{_MON}) {{1,2}}\d{{1,2}} {_CLOCK}|{_CLOCK})"
)
_PROCESS = r"(?:\[[\w.-]+\])?"
_END = r"(?:[ \t]|$)"
_NAME = r"@?[A-Za-z][\w@/.-]*"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"<\d{{1,3}}>1 (?P<time>{_TIME}) \S+ (?P<source>\S+) \S+ \S+ (?:-|\[[^\]]*\]){_END}",
        rf"(?:<\d{{1,3}}>)?(?P<time>{_TIME}) [\w.-]+ (?P<source>[\w./@()-]+){_PROCESS}:{_END}",
        rf"(?P<time>{_TIME}) (?P<source>[a-z]+\[[\w.-]+\]):{_END}",
        rf"\ufeff?\[(?P<time>{_TIME})\]{_END}",
        rf"\ufeff?(?P<time>{_TIME}) \d\d[OE](?:\+ ?|{_END})",
        rf"\ufeff?(?P<time>{_TIME}){_END}",
        r"(?P<source>[^\t]{1,200}\t[^\t]{1,200})\t(?=\ufeff?\d{4}-\d\d-\d\dT)",
        rf"(?P<source>{_NAME}) *\|{_END}",
        rf"\[(?P<source>pod/[^\]\s]+)\]{_END}",
        rf"(?P<source>[\w.-]+ [\w.-]+) [\u203a|]{_END}",
        rf"(?P<source>{_NAME}:[A-Za-z][\w:.-]*):{_END}",
        rf"(?P<source>[\w@./-]+ [\w:-]+)(?::|\$){_END}",
        rf"\[(?P<source>{_NAME}|\d{{1,2}})(?:[:/][\w:.-]+)?\]{_END}",
        rf"#(?P<source>\d{{1,3}}) \d+\.\d+{_END}",
        rf"(?P<source>{_NAME}):{_END}",
    )
)
_NO_SOURCE = re.compile(
    r"(?i:\[?(?:trace|debug|info|notice|warn(?:ing)?|error|err|fatal|critical|crit|severe|panic|"
    r"emerg|alert|note|help|hint|fail(?:ed|ure)?|pass|ok|caused by|junit|java|exec)\]?$)|"
    r".*(?:Error|Exception|Warning)$|.*\.[a-z]{1,5}$"
)
_PROCESS_ID = re.compile(r"\[\d+\]: ?$")
"""A script with an extension is no file that a line speaks of, where its process is named."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """`length` characters before the line's own text. time: as printed; source: the job, the
    container or the program that it came from."""

    length: int = 0
    time: str = ""
    source: str = ""


def find_prefixes(texts: Sequence[str]) -> list[Prefix] | None:
    """Of each line; None where no prefix stands before nearly all lines. A form that hardly varies
    counts only: names that differ from line to line belong to what is said."""
    prefixes = [Prefix()] * len(texts)
    filled = [place for place, text in enumerate(texts) if text.strip()]
    is_found = False
    for _ in range(_ROUNDS):
        found = _common_form(texts, prefixes, filled)
        if found is None:
            break
        is_found = True
        for place, match in found.items():
            prefixes[place] = _longer(prefixes[place], match)
    return _with_common_space(texts, prefixes) if is_found else None


def _with_common_space(texts: Sequence[str], prefixes: Sequence[Prefix]) -> list[Prefix]:
    """Some put more than one space after what they write."""
    rests = [text[prefix.length :] for text, prefix in zip(texts, prefixes, strict=True)]
    spaces = [
        len(rest) - len(rest.lstrip(" "))
        for rest, prefix in zip(rests, prefixes, strict=True)
        if prefix.length and rest.strip()
    ]
    more = min(spaces, default=0)
    return [
        replace(prefix, length=prefix.length + more) if prefix.length and more else prefix
        for prefix in prefixes
    ]


def _common_form(
    texts: Sequence[str], prefixes: Sequence[Prefix], filled: Sequence[int]
) -> dict[int, re.Match[str]] | None:
    for form in _FORMS:
        found: dict[int, re.Match[str]] = {}
        num_missed = 0
        most_missed = max(_FEW, len(filled) // 10)
        for place in filled:
            match = form.match(texts[place], prefixes[place].length)
            if match is not None and _may_be_source(match):
                found[place] = match
            elif (num_missed := num_missed + 1) > most_missed:
                break
        if num_missed <= most_missed and _is_common(found, len(filled)):
            return found
    return None


def _may_be_source(match: re.Match[str]) -> bool:
    source = match.groupdict().get("source")
    if source is None or _PROCESS_ID.search(match.group()) is not None:
        return True
    return _NO_SOURCE.match(source) is None


def _is_common(found: dict[int, re.Match[str]], num_filled: int) -> bool:
    if len(found) < max(_MIN_LINES, num_filled * _MIN_SHARE):
        return False
    sources = {match.groupdict().get("source") for match in found.values()}
    return len(sources) <= min(_MAX_SOURCES, max(1, len(found) // 2))


def _longer(prefix: Prefix, match: re.Match[str]) -> Prefix:
    named = match.groupdict()
    source = " ".join((named.get("source") or "").split())
    return replace(
        prefix,
        length=match.end(),
        time=prefix.time or named.get("time") or "",
        source=f"{prefix.source} {source}".strip(),
    )
