"""Where the failures of a text are: those of tests first, then stacks that no test owns."""

from collections.abc import Iterable
from dataclasses import replace

from agent_memory.memory.extraction.failures import junit_xml
from agent_memory.memory.extraction.failures.blocks import read_block
from agent_memory.memory.extraction.failures.failure import Failure, Test, failure_of
from agent_memory.memory.extraction.failures.go_output import with_what_was_said_before
from agent_memory.memory.extraction.failures.headings import (
    Heading,
    Runner,
    may_have_headings,
    read_heading,
)
from agent_memory.memory.extraction.failures.reports import find_reports, may_have_reports
from agent_memory.memory.extraction.failures.summaries import read_summary
from agent_memory.memory.extraction.lines import Lines, cut_lines
from agent_memory.memory.extraction.traces.finder import find_traces, may_have_traces

_COLLECTION = "(collection)"


def may_have_failures(text: str) -> bool:
    """Cheap; False means that there is none."""
    if may_have_traces(text) or may_have_headings(text) or may_have_reports(text):
        return True
    return junit_xml.MARK in text


def find_failures(text: str, lines: Lines) -> list[Failure]:
    """In their order, none within another, and no test twice that failed once."""
    if lines.ends:
        text = "\n".join(lines.texts)
    if not may_have_failures(text):
        return []
    if junit_xml.MARK in text:
        as_they_lie = cut_lines(text) if lines.ends else lines
        failures = list(junit_xml.find_failures(text, as_they_lie))
    else:
        failures = _find_in_blocks(lines) if may_have_headings(text) else []
        if may_have_reports(text):
            failures.extend(_without_overlap(find_reports(lines), failures, len(lines)))
    failures = _without_repetitions([*failures, *_find_stacks(lines, failures)])
    return sorted(failures, key=lambda failure: failure.begin)


def _find_in_blocks(lines: Lines) -> list[Failure]:
    headings = _find_headings(lines)
    ends = [*(place for place, _ in headings[1:]), len(lines)]
    failures = [
        read_block(heading, lines, place, end)
        for (place, heading), end in zip(headings, ends, strict=False)
    ]
    failures = with_what_was_said_before(failures, lines)
    parents = _parents(failures)
    failures = [failure for failure in failures if not _is_only_parent(failure, parents)]
    return _with_summaries(lines, failures)


def _find_headings(lines: Lines) -> list[tuple[int, Heading]]:
    found: list[tuple[int, Heading]] = []
    for place, text in enumerate(lines.texts):
        heading = read_heading(text)
        if heading is not None and not _is_of_jest_watch(heading):
            found.append((place, heading))
    return found


def _is_of_jest_watch(heading: Heading) -> bool:
    """jest marks console output as it marks tests."""
    return heading.runner is Runner.JEST and heading.test.name.startswith("Console")


def _parents(failures: list[Failure]) -> frozenset[str]:
    """Names of Go tests that have subtests among the failures."""
    names = (failure.test.name for failure in failures if failure.test is not None)
    return frozenset(name.rpartition("/")[0] for name in names if "/" in name)


def _is_only_parent(failure: Failure, parents: frozenset[str]) -> bool:
    """It failed only because a subtest did."""
    if failure.test is None or failure.message or failure.frames or failure.language != "go":
        return False
    return failure.test.name in parents


def _with_summaries(lines: Lines, failures: list[Failure]) -> list[Failure]:
    """And the tests that no block tells about. A summary names the file of a test, which a block
    of pytest does not."""
    taken = _taken(failures, len(lines))
    known = {_short_name(failure) for failure in failures}
    found = [read_summary(lines, at) for at in range(len(lines)) if not taken[at]]
    summaries = [failure for failure in found if failure is not None]
    files: dict[str, set[str]] = {}
    for summary in summaries:
        if summary.test is not None and summary.test.file is not None:
            files.setdefault(_short_name(summary), set()).add(summary.test.file)
    named = [_in_file(failure, files.get(_short_name(failure), set())) for failure in failures]
    return [*named, *(one for one in summaries if _short_name(one) not in known)]


def _in_file(failure: Failure, files: set[str]) -> Failure:
    """In the only file that has a test of its name."""
    if failure.test is None or failure.language != "python" or len(files) != 1:
        return failure
    file = next(iter(files))
    return replace(failure, test=Test(failure.test.name, file, file))


def _without_overlap(
    reports: Iterable[Failure], failures: list[Failure], num_lines: int
) -> list[Failure]:
    """Those that no other reader has read."""
    taken = _taken(failures, num_lines)
    return [report for report in reports if not any(taken[report.begin : report.end])]


def _find_stacks(lines: Lines, failures: list[Failure]) -> list[Failure]:
    stacks: list[Failure] = []
    place = 0
    ordered = sorted(failures, key=lambda failure: failure.begin)
    for begin, end in [*((f.begin, f.end) for f in ordered), (len(lines), len(lines))]:
        if begin > place:
            traces = find_traces(lines, place, begin)
            stacks.extend(failure_of(trace, None, trace.begin, trace.end) for trace in traces)
        place = max(place, end)
    return stacks


def _without_repetitions(failures: list[Failure]) -> list[Failure]:
    """Runners print a summary that repeats what they printed before: the fuller one stays."""
    fullest: dict[str, Failure] = {}
    for failure in failures:
        if failure.test is None:
            continue
        name = failure.test.test_id
        known = fullest.get(name)
        if known is None or _fulness(failure) > _fulness(known):
            fullest[name] = failure
    return [
        failure
        for failure in failures
        if failure.test is None or fullest[failure.test.test_id] is failure
    ]


def _fulness(failure: Failure) -> int:
    return 2 * len(failure.frames) + bool(failure.message) + bool(failure.exception)


def _short_name(failure: Failure) -> str:
    """Without class and file, which one report gives and another does not; a file that could not
    be collected has nothing else."""
    name = failure.test.name if failure.test is not None else ""
    if failure.test is not None and name == _COLLECTION:
        return failure.test.test_id
    qualified, bracket, parameters = name.partition("[")
    return qualified.rsplit("::", 1)[-1] + bracket + parameters


def _taken(failures: list[Failure], num_lines: int) -> bytearray:
    taken = bytearray(num_lines)
    for failure in failures:
        taken[failure.begin : failure.end] = b"\x01" * (failure.end - failure.begin)
    return taken
