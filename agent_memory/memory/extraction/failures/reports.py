"""Reports of runners that print heading, message and places in one block: vitest, node:test, TAP,
mocha, RSpec, minitest, PHPUnit, dotnet, GoogleTest, XCTest."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent_memory.memory.extraction.failures.failure import MAX_FRAMES, Failure, Test
from agent_memory.memory.extraction.lines import Lines
from agent_memory.memory.extraction.trace import Frame

_MAX_LINES = 200
_MAX_MESSAGE_LINES = 12
_TYPE = re.compile(
    r"(?:\w+/\w+: )?([A-Z]\w*(?:Error|Exception|Failure)|[\w.:]+(?:Error|Exception))"
    r"(?: \[\w+\])?:(?: (.*))?$"
)
_PLACES = tuple(
    re.compile(form)
    for form in (
        r"\s*\u276f (?:(?P<function>\S+) )?(?P<file>[^\s:]+\.\w+):(?P<line>\d+):\d+$",
        r"\s*(?:at )?(?:(?P<function>[\w.$<> \[\]]+) )?\((?P<file>\S+?\.\w+):(?P<line>\d+):\d+\)$",
        r"\s*at (?P<file>\S+?\.\w+):(?P<line>\d+):\d+$",
        r"\s*(?:location|at): '?(?:(?P<function>[\w.<>]+) )?\(?(?P<file>[^\s'()]+?):(?P<line>\d+):",
        r"\s*at (?P<function>[\w.<>`]+)\(.*\) in (?P<file>.+):line (?P<line>\d+)$",
        r"\s*# (?P<file>\S+\.rb):(?P<line>\d+):in [`'](?P<function>.+)'$",
        r"(?P<file>\S+\.(?:php|rb|phpt)):(?P<line>\d+)$",
        r"#\s+at (?P<file>\S+) line (?P<line>\d+)\.$",
        r"# \((?:in test|from function \S+ in) file (?P<file>\S+), line (?P<line>\d+)\)$",
        r"(?P<file>\S+\.\w+):(?P<line>\d+): Failure$",
        r"(?P<file>\S+\.\w+)\((?P<line>\d+)\): error: ?",
    )
)
_LIBRARY = ("node_modules", "node:", "/gems/", "/vendor/", "internal/")
_NOISE = re.compile(
    r"\s*(?:---|\.\.\.|duration_ms:.*|type: .*|failureType: .*|code: .*|stack: .*|Stack Trace:|"
    r"Error Message:|\^|\u276f? *\d+\||\s*\|.*|#\s+Failed test .*|Error: ?)$|\s*\u276f? *\d+\| "
)
_ERROR_FIELD = re.compile(r"\s*(?:error|message): (?:\|-?|>-?)?\s*'?(.*?)'?$")
_NAME_FIELD = re.compile(r"\s*name: '?(\w+)'?$")


@dataclass(frozen=True, slots=True)
class _Form:
    """`inside`: the heading counts only where one of the next lines is such."""

    heading: re.Pattern[str]
    end: re.Pattern[str]
    language: str
    inside: re.Pattern[str] | None = None


_JS_END = re.compile(r"\u23af{5,}|\s*FAIL +\S|\s*Test Files +\d|\s*\u2716 |test at \S|\s*\d+\) \S")
_TAP_END = re.compile(
    r"\s*(?:not )?ok \d|\s*# Subtest|\s*1\.\.\d|# (?:tests|pass|fail|suites|Looks like) |\s*\.\.\.$"
)
_FORMS = (
    _Form(
        re.compile(
            r"\s*FAIL +(?:\|[^|]+\| +)?(?P<file>\S+\.[cm]?[jt]sx?) > (?P<name>.+?)(?: \d+ms)?$"
        ),
        _JS_END,
        "javascript",
    ),
    _Form(
        re.compile(r"\s*not ok \d+(?: -)? (?P<name>(?!.* # (?:TODO|SKIP|todo|skip)).+)$"),
        _TAP_END,
        "",
    ),
    _Form(
        re.compile(r"\s*\u2716 (?P<name>.+?) \([\d.]+m?s\)$"),
        _JS_END,
        "javascript",
        re.compile(r"\s*(?:\w*(?:Error|Exception)\b|['\"])"),
    ),
    _Form(
        re.compile(r"\d+\) (?P<suite>[\w\\]*Test[\w\\]*)::(?P<name>\w+.*)$"),
        re.compile(r"\d+\) |FAILURES!|ERRORS!|Tests: |--$|There (?:was|were) "),
        "php",
    ),
    _Form(
        re.compile(r"\s*\d+\) (?P<name>\S.*)$"),
        re.compile(r"\s*\d+\) |Finished in|Failed examples:|rspec \."),
        "ruby",
        re.compile(r"\s*Failure/Error:"),
    ),
    _Form(
        re.compile(r"(?P<suite>[\w:]+)#(?P<name>test_\w+)(?: \[(?P<file>\S+?):(?P<line>\d+)\])?:$"),
        re.compile(r"\s*\d+\) |\d+ (?:runs|tests), |rails test |bin/"),
        "ruby",
    ),
    _Form(
        re.compile(r"\s+Failed (?P<suite>[\w.+]+)\.(?P<name>\w+(?:\(.*\))?) \[[^\]]+\]$"),
        re.compile(r"\s+(?:Failed|Passed|Skipped) \S+ \[|Failed!|Test Run Failed|Total tests"),
        "csharp",
    ),
)
_MOCHA_HEAD = re.compile(r"\s+\d+\) (\S.*)$")
_MOCHA_SECTION = re.compile(r"\s+\d+ failing$")
_GTEST_RUN = re.compile(r"\[ RUN      \] (\S+)")
_GTEST_FAILED = re.compile(r"\[  FAILED  \] ([\w/]+)\.([\w/]+).*\(\d+ ms\)$")
_XCTEST = re.compile(
    r"(?P<file>\S+\.swift):(?P<line>\d+): error: "
    r"(?:-\[)?(?P<suite>[\w.]+)[. ](?P<name>\w+)\]? : (?P<said>.*)$"
)
_SWIFT = re.compile(
    r"\S+ Test \"?(?P<name>.+?)\"? recorded an issue at "
    r"(?P<file>\S+?):(?P<line>\d+):\d+: (?P<said>.*)$"
)
_MARKS = (
    "FAIL ", "not ok ", "\u2716 ", " failing", "Failure/Error:", "Test::", "#test_", " Failed ",
    "[  FAILED  ]", ".swift:",
)  # fmt: skip


def may_have_reports(text: str) -> bool:
    """Cheap; False means that there is none."""
    return any(mark in text for mark in _MARKS)


def find_reports(lines: Lines) -> Iterator[Failure]:
    """In their order, none within another."""
    place, run = 0, None
    is_mocha = False
    while place < len(lines):
        text = lines.texts[place]
        if (started := _GTEST_RUN.match(text)) is not None:
            run = place, started.group(1)
        is_mocha = is_mocha or _MOCHA_SECTION.match(text) is not None
        failure = _read_line(lines, place)
        failure = failure or (_read_gtest(lines, run, place) if run is not None else None)
        failure = failure or (_read_mocha(lines, place) if is_mocha else None)
        failure = failure or _read_block(lines, place)
        if failure is not None:
            yield failure
        place = max(place + 1, failure.end if failure is not None else 0)


def _read_line(lines: Lines, at: int) -> Failure | None:
    """A failure that its line tells all of."""
    text = lines.texts[at]
    if ".swift:" not in text:
        return None
    match = _XCTEST.match(text) or _SWIFT.match(text)
    if match is None:
        return None
    named = match.groupdict()
    test = Test(named["name"], named.get("suite") or named["file"], named["file"])
    frame = Frame(named["name"], named["file"], int(named["line"][:9]), True)
    return Failure(test, "", named["said"], (frame,), at, at + 1, language="swift")


def _read_gtest(lines: Lines, run: tuple[int, str], at: int) -> Failure | None:
    failed = _GTEST_FAILED.match(lines.texts[at])
    begin, name = run
    if failed is None or name != ".".join(failed.groups()) or at - begin > _MAX_LINES:
        return None
    test = Test(failed.group(2), failed.group(1))
    return _failure(test, lines, begin, begin + 1, at, at + 1, "cpp")


def _read_mocha(lines: Lines, at: int) -> Failure | None:
    """The names of suites and test stand one below the other, the last with a colon."""
    head = _MOCHA_HEAD.match(lines.texts[at])
    if head is None:
        return None
    names = [head.group(1)]
    place = at + 1
    while place < min(len(lines), at + 8) and not names[-1].endswith(":"):
        if not lines.texts[place].strip():
            return None
        names.append(lines.texts[place].strip())
        place += 1
    if not names[-1].endswith(":"):
        return None
    end = _end_of_block(lines, place, _JS_END)
    test = Test(" > ".join(names).removesuffix(":"))
    return _failure(test, lines, at, place, end, end, "javascript")


def _read_block(lines: Lines, at: int) -> Failure | None:
    text = lines.texts[at]
    for form in _FORMS:
        match = form.heading.match(text)
        if match is None:
            continue
        below = lines.texts[at + 1 : at + 5]
        if form.inside is not None and not any(form.inside.match(line) for line in below):
            continue
        end = _end_of_block(lines, at + 1, form.end)
        if any("subtestsFailed" in line for line in lines.texts[at + 1 : end]):
            return None
        named = match.groupdict()
        file = named.get("file")
        test = Test(named["name"].strip(), named.get("suite") or file, file)
        stop = end + 1 if end < len(lines) and lines.texts[end].strip() == "..." else end
        return _failure(test, lines, at, at + 1, end, stop, form.language)
    return None


def _end_of_block(lines: Lines, begin: int, end: re.Pattern[str]) -> int:
    last = min(len(lines), begin + _MAX_LINES)
    return next((place for place in range(begin, last) if end.match(lines.texts[place])), last)


def _failure(
    test: Test, lines: Lines, begin: int, first: int, last: int, end: int, language: str
) -> Failure:
    """Of what lines [first, last) say."""
    frames: list[Frame] = []
    said: list[str] = []
    exception = ""
    for text in lines.texts[first:last]:
        if (place := _place(text)) is not None:
            frames.append(place)
        elif (name := _NAME_FIELD.match(text)) is not None:
            exception = exception or name.group(1)
        elif text.strip() and _NOISE.match(text) is None:
            field = _ERROR_FIELD.match(text)
            said.append(field.group(1) if field is not None else text.strip().lstrip("# "))
    said = [line for line in said if line]
    head = next((m for m in map(_TYPE.match, said[:3]) if m is not None), None)
    if head is not None:
        exception = head.group(1)
        said = [head.group(2) or "" if line == head.string else line for line in said]
    message = "\n".join(line for line in said[:_MAX_MESSAGE_LINES] if line)[:2000]
    while end > begin + 1 and not lines.texts[end - 1].strip():
        end -= 1
    own = [frame for frame in frames if frame.is_project] or frames
    top = tuple(dict.fromkeys(own))[:MAX_FRAMES]
    return Failure(test, exception, message, top, begin, end, language=language or None)


def _place(text: str) -> Frame | None:
    for form in _PLACES:
        if (match := form.match(text)) is not None:
            named = match.groupdict()
            file = named["file"].removeprefix("file://").removeprefix("./")
            is_project = not any(mark in file for mark in _LIBRARY)
            function = (named.get("function") or "").removeprefix("at ").strip()
            function = "" if "<anonymous>" in function else function
            return Frame(function, file, int(named["line"][:9]), is_project)
    return None
