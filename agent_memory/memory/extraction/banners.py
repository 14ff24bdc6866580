"""Lines with which test runners frame what they say: counts, rules, progress and repetitions."""

import re

_BANNER = re.compile(
    r"(?:[=_]{3,} .* [=_]{3,}|rootdir: /.*|plugins: \w+-\d.*|cachedir: \.\S+|"
    r"(?:configfile|testpaths): \S+|"
    r"platform \S+ -- Python .*|collect(?:ed|ing) .*items?\b.*|collecting \.\.\. .*|"
    r"(?:FAILED|ERROR|PASSED|XFAIL) \S+\.py(?:::.*| - .*)?|SKIPPED \[\d+\] .*|"
    r"\S+\.py(?:::\S+)? (?:[.FEsxX]+|PASSED|FAILED|ERROR|SKIPPED|XFAIL)\b.*\[ *\d+%\]|"
    r"\d+ (?:passed|failed)(?:, \d+ \w+)* in [\d.]+s.*|"
    r"test \S+(?: - should panic)? \.\.\. (?:FAILED|ok|ignored).*|running \d+ tests?|failures:|"
    r"test result: .*|error: test failed, to rerun pass .*|"
    r"=== (?:RUN|PAUSE|CONT|NAME) .*|\s*--- (?:PASS|SKIP): .*|PASS|FAIL|(?:ok|FAIL|\?) *\t\S+.*|"
    r"\s*(?:Test Suites|Tests|Snapshots|Time|Test Files|Start at|Duration): +\d.*|"
    r"\s*(?:Test Files|Tests|Start at|Duration) {2,}\d.*|"
    r"Ran (?:all test suites.*|\d+ tests? in .*)|FAILED \((?:failures|errors)=.*\)|"
    r"(?:PASS|FAIL) \S+\.[cm]?[jt]sx?.*|\s*\u2716 failing tests:|[\u23af\u2500]{5,}.*|"
    r"(?:TAP version \d+|1\.\.\d+|\s*ok \d+ .*|# (?:tests|suites|pass|fail|cancelled|skipped|todo|"
    r"duration_ms) [\d.]+|\s*# Subtest: .*)|"
    r"\s*not ok \d+ .*|\s+(?:failureType|duration_ms|location|type): .*|"
    r"\s+error: '\d+ subtests? failed'|"
    r"\[(?:==========|----------|  PASSED  |  FAILED  | RUN      |       OK )\] .*|"
    r"\d+ examples?, \d+ failures?.*|rspec \./\S+ # .*|Failed examples:|FAILURES!|"
    r"Tests run: \d+, Failures: \d+.*|\s*T E S T S|-{5,}|"
    r"\s+\d+ (?:passing|failing|pending)(?: \(.*\))?|short test summary info|"
    r" (?:RUN|DEV) {2}v\d\S* .*|"
    r"\s*[\u276f\u2713\u00d7] .*(?: \d+m?s|\(\d+ tests?\b.*)|"
    r"\s{3,}\u2192 (?:expected|assert|\w*Error)\b.*|[\u23af\u2500]{3,} .*|"
    r"Failures:|Errors:|Failed tests?:|Finished in .* seconds?\b.*|"
    r"There (?:was|were) \d+ (?:failures?|errors?|risky tests?|skipped tests?):|"
    r"test at \S+:\d+:\d+|\s+\d+\) (?:Failure|Error):|"
    r"\d+ (?:runs|tests), \d+ assertions, \d+ failures.*|"
    r"Tests: \d+, Assertions: \d+.*|OK \(\d+ tests?, \d+ assertions?\)|"
    r"(?:Passed|Failed)! +- Failed: .*|Total tests: \d+.*|Test Run (?:Failed|Successful)\.|"
    r"Test (?:Case|Suite) '.*' (?:started|passed|failed)\b.*|\s*Executed \d+ tests?, with .*|"
    r"[.FEsxuS]+|\s*(?:PASS|FAIL|SKIP|SLOW|TIMEOUT|TRY \d+ \w+) \[ *[>\d.]+s\] .*|"
    r"\s*(?:Summary|Starting|Nextest run ID) (?:\[ *[\d.]+s\] )?.*\btests?\b.*)\s*$"
)
_LONGEST = 300


def is_banner(text: str) -> bool:
    """The line tells of no event: what failed is told elsewhere."""
    return len(text) <= _LONGEST and _BANNER.match(text) is not None
