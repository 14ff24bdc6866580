"""The parts that vary from one log line to the next although the event is the same."""

import re

_STAMP = (
    r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z| ?[+-]\d\d:?\d\d)?|"
    r"\d{1,2}/(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/\d{4}:\d\d:\d\d:\d\d"
    r"(?: [+-]\d{4})?|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2} \d\d:\d\d:\d\d|"
    r"\d\d:\d\d:\d\d(?:[.,]\d+)?|\d{4}-\d\d-\d\d"
)
_MASKS = (
    ("<time>", re.compile(rf"(?<![\w.])(?:{_STAMP})(?!\w)")),
    (
        "<uuid>",
        re.compile(r"(?<!\w)[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?!\w)"),
    ),
    ("<ip>", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w.])")),
    ("<mac>", re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}(?![\w:])")),
    (
        "<duration>",
        re.compile(
            r"(?<![\w.])\d+(?:\.\d+)? ?(?:ns|us|\u00b5s|ms|s|sec|secs|seconds|min|mins|minutes|h|"
            r"hours)(?!\w)"
        ),
    ),
    (
        "<size>",
        re.compile(r"(?<![\w.])\d+(?:\.\d+)? ?(?:[kKMGT]i?B|B|bytes|[kKMG])(?![\w/])"),
    ),
    ("<hex>", re.compile(r"(?<!\w)(?:0x[0-9a-fA-F]+|(?=\w*\d)(?=\w*[a-f])[0-9a-f]{7,64})(?!\w)")),
    ("<address>", re.compile(r"(?<=\w)@[0-9a-f]{4,16}(?!\w)")),
    ("<num>", re.compile(r"(?<![A-Za-z_\d.])(?<!\d,)[-+]?\d+(?:[.,]\d+)*(?![A-Za-z_\d])")),
    ("<num>", re.compile(r"(?<=[A-Za-z_])\d{3,}(?![A-Za-z])")),
)


def mask(text: str) -> str:
    """With every value replaced by the name of its sort."""
    for name, pattern in _MASKS:
        text = pattern.sub(name, text)
    return text
