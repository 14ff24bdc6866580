"""Logs: failures of tests, stacks, and templates of everything else."""

from collections.abc import Sequence

from agent_memory.json_value import Json
from agent_memory.memory.dates.written import begins_with_timestamp
from agent_memory.memory.extraction.failure_draft import failure_draft
from agent_memory.memory.extraction.failures.failure import Failure
from agent_memory.memory.extraction.failures.finder import find_failures
from agent_memory.memory.extraction.findings import Findings, Passage
from agent_memory.memory.extraction.lines import Lines, cut_lines
from agent_memory.memory.extraction.masks import mask
from agent_memory.memory.extraction.records import Record, cut_records
from agent_memory.memory.extraction.stamps import stamp_of
from agent_memory.memory.extraction.templates import Template, group
from agent_memory.memory.items.content_hash import content_hash
from agent_memory.memory.items.item import Draft
from agent_memory.memory.items.kinds import ItemKind, Role
from agent_memory.memory.search.identifiers import split_identifiers
from agent_memory.memory.search.paths import keys_of_named_files

MAX_TEMPLATES = 400
"""Of one log; the rest is in the raw text alone, and a note says so."""
_MAX_EXAMPLE = 2000


def read_log(passage: Passage, findings: Findings, *, with_templates: bool = True) -> None:
    """`with_templates`: lines that belong to no failure become items too."""
    lines = cut_lines(passage.text)
    failures = find_failures(passage.text, lines)
    for failure in failures:
        if failure.test is None and not failure.exception and not failure.frames:
            continue
        findings.add(failure_draft(failure, lines, passage))
    if with_templates:
        _read_records(lines, _taken(failures, len(lines)), passage, findings)


def _read_records(lines: Lines, taken: Sequence[int], passage: Passage, findings: Findings) -> None:
    records = [record for record in cut_records(lines, taken) if _says_something(record)]
    templates = group([record.head for record in records])
    errors_first = sorted(templates, key=lambda t: not records[t.members[0]].is_error)
    kept = set(errors_first[:MAX_TEMPLATES])
    for template in templates:
        if template in kept:
            members = [records[index] for index in template.members]
            findings.add(_draft(template, members, lines, passage))
    if len(templates) > MAX_TEMPLATES:
        findings.note(
            f"The log has {len(templates)} different lines; {len(templates) - MAX_TEMPLATES} of "
            "them are kept in the raw text only."
        )


def _draft(template: Template, records: Sequence[Record], lines: Lines, passage: Passage) -> Draft:
    first = records[0]
    begin, end = lines.extent(first.begin, first.end)
    example = passage.text[begin:end].strip()[:_MAX_EXAMPLE]
    kind = ItemKind.ERROR if any(record.is_error for record in records) else ItemKind.LOG
    occurred_at = stamp_of(lines.texts[first.begin], passage.occurred_at)
    metadata: dict[str, Json] = {"template": template.text}
    if first.level is not None:
        metadata["level"] = first.level
    return Draft(
        kind=kind,
        text=example if len(records) == 1 else _shown(template, first),
        span=passage.span(begin, end),
        occurred_at=occurred_at,
        last_occurred_at=max(
            occurred_at, stamp_of(lines.texts[records[-1].begin], passage.occurred_at)
        ),
        content_hash=content_hash(kind, mask(template.text)),
        search_text=" ".join(_search_words(example, is_shown=len(records) == 1)),
        role=Role.TOOL,
        source=passage.source,
        keys=keys_of_named_files(example),
        num_occurrences=len(records),
        metadata=metadata,
    )


def _shown(template: Template, first: Record) -> str:
    return f"{first.level} {template.text}" if first.level is not None else template.text


def _search_words(example: str, *, is_shown: bool) -> tuple[str, ...]:
    return split_identifiers(example) if is_shown else (example, *split_identifiers(example))


def _says_something(record: Record) -> bool:
    """A line of dashes does not, nor does a time alone."""
    return any(char.isalpha() for char in record.head) and not (
        begins_with_timestamp(record.head) and len(record.head) < _SHORTEST_STAMPED
    )


_SHORTEST_STAMPED = 12


def _taken(failures: Sequence[Failure], num_lines: int) -> bytearray:
    taken = bytearray(num_lines)
    for failure in failures:
        taken[failure.begin : failure.end] = b"\x01" * (failure.end - failure.begin)
    return taken
