"""Logs: failures of tests, stacks, and templates of everything else."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.json_value import Json
from agent_memory.memory.dates.written import begins_with_timestamp
from agent_memory.memory.extraction.failure_draft import failure_draft
from agent_memory.memory.extraction.failures.failure import Failure
from agent_memory.memory.extraction.failures.finder import find_failures
from agent_memory.memory.extraction.findings import Findings, Passage
from agent_memory.memory.extraction.json_stacks import find_json_stacks
from agent_memory.memory.extraction.lines import Lines, cut_log
from agent_memory.memory.extraction.masks import mask
from agent_memory.memory.extraction.records import Record, cut_records
from agent_memory.memory.extraction.stamps import stamp_of_line
from agent_memory.memory.extraction.templates import Template, group
from agent_memory.memory.items.content_hash import content_hash
from agent_memory.memory.items.item import Draft
from agent_memory.memory.items.kinds import ItemKind, Role
from agent_memory.memory.search.identifiers import split_identifiers
from agent_memory.memory.search.paths import keys_of_named_files

MAX_TEMPLATES = 400
"""Of one log; the rest is in the raw text alone, and a note says so."""
_MAX_EXAMPLE = 2000
_MAX_VALUES = 16_000
"""Characters of the values of one template that lead to it."""
_TOO_MANY_VALUES = (
    "A line of the log is repeated with so many values that only the first of them lead to it."
)


def read_log(passage: Passage, findings: Findings, *, with_templates: bool = True) -> None:
    """`with_templates`: lines that belong to no failure become items too."""
    records: list[_Placed] = []
    for lines in cut_log(passage.text):
        failures = find_failures(passage.text, lines)
        for failure in failures:
            if failure.test is None and not failure.exception and not failure.frames:
                continue
            findings.add(failure_draft(failure, lines, passage))
        for stack in find_json_stacks(passage.text, lines):
            for failure in find_failures(passage.text, stack):
                findings.add(failure_draft(failure, stack, passage))
        if with_templates:
            taken = _taken(failures, len(lines))
            records.extend(_Placed(record, lines) for record in cut_records(lines, taken))
    _add_records([one for one in records if _says_something(one.record)], passage, findings)


@dataclass(frozen=True, slots=True)
class _Placed:
    record: Record
    lines: Lines

    @property
    def text(self) -> str:
        return "\n".join(self.lines.texts[self.record.begin : self.record.end]).strip()


def _add_records(records: Sequence[_Placed], passage: Passage, findings: Findings) -> None:
    templates = group([one.text for one in records])
    errors_first = sorted(templates, key=lambda t: not records[t.members[0]].record.is_error)
    kept = set(errors_first[:MAX_TEMPLATES])
    for template in templates:
        if template in kept:
            members = [records[index] for index in template.members]
            findings.add(_draft(template, members, passage, findings))
    if len(templates) > MAX_TEMPLATES:
        findings.note(
            f"The log has {len(templates)} different lines; {len(templates) - MAX_TEMPLATES} of "
            "them are kept in the raw text only."
        )


def _draft(
    template: Template, members: Sequence[_Placed], passage: Passage, findings: Findings
) -> Draft:
    first, last = members[0], members[-1]
    begin, end = first.lines.extent(first.record.begin, first.record.end)
    example = first.text[:_MAX_EXAMPLE]
    kind = ItemKind.ERROR if any(one.record.is_error for one in members) else ItemKind.LOG
    occurred_at = stamp_of_line(first.lines, first.record.begin, passage.occurred_at)
    last_at = stamp_of_line(last.lines, last.record.begin, passage.occurred_at)
    source = first.lines.source
    metadata: dict[str, Json] = {"template": template.text}
    if first.record.level is not None:
        metadata["level"] = first.record.level
    words = _search_words(example, is_shown=len(members) == 1)
    values = _values(members[1:], example, findings)
    return Draft(
        kind=kind,
        text=example if len(members) == 1 else _shown(template, first.record),
        span=passage.span(begin, end),
        occurred_at=occurred_at,
        last_occurred_at=max(occurred_at, last_at),
        content_hash=content_hash(kind, mask(template.text), *([mask(source)] if source else [])),
        context=source,
        search_text=" ".join((*words, *values)),
        role=Role.TOOL,
        source=passage.source,
        keys=keys_of_named_files(example),
        num_occurrences=len(members),
        metadata=metadata,
    )


def _values(members: Sequence[_Placed], example: str, findings: Findings) -> list[str]:
    """What the other lines of a template say and the example does not, each word once."""
    words = dict.fromkeys(example.split())
    values: list[str] = []
    left = _MAX_VALUES
    for word in (word for one in members for word in one.text[:_MAX_EXAMPLE].split()):
        if word in words or (":" in word and begins_with_timestamp(word)):
            continue
        words[word] = None
        left -= len(word) + 1
        if left < 0:
            findings.note(_TOO_MANY_VALUES)
            break
        values.append(word)
    return values


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
