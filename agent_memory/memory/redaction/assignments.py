"""Values of things that are called password, token, secret, key: in `.env` files, JSON, YAML, code,
options of commands, addresses, SQL, XML and prose.

Found from the name: it, an operator, and then a value whose end depends on how it is written.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import partial

from agent_memory.memory.items.item import Span
from agent_memory.memory.redaction.kinds import RedactionKind
from agent_memory.memory.redaction.placeholders import is_placeholder
from agent_memory.memory.redaction.randomness import is_hex, looks_drawn
from agent_memory.memory.redaction.rule import Rule, pattern_rule
from agent_memory.memory.redaction.secret_names import HINTS, STEM, is_of_secret


class AssignmentMode(StrEnum):
    """Which values count as secrets when their name says so."""

    LITERAL = "literal"
    """Every value that is not code, a type or a placeholder: `password=sunshine` too."""
    RANDOM = "random"
    """Only what looks generated; weak passwords stay."""


_NAMED = re.compile(
    STEM + r"(?P<suffix>[\w.-]{0,32})"
    r"(?P<operator>(?:\\{0,3}[\"'`])?\]?\s{0,4}(?:=>|:=|\|\||==?|:(?!:))\s{0,4}"
    r"|\s{1,3}(?:is|was|are)(?::|\s)\s{0,3}(?:set to )?)"
)
_OPTION = re.compile(
    r"--?(?:[a-z0-9]{1,20}[_-]){0,3}"
    + STEM
    + r"(?P<suffix>[\w-]{0,32})(?P<operator>\s{1,2})(?=[^\s-])"
)
_QUOTE = re.compile(r"(?:[bru]{1,2})?(\\{0,3}[\"'`])")
_BARE = re.compile(r"[^\s\"'`,;&<>(){}\[\]|\\]{1,1024}")
_REST_OF_WORD = re.compile(r"[^\s\"'`]{1,1024}")
_ENV_NAME = re.compile(r"(?:^|\n)[+\- \t]{0,8}(?:export |set |ENV |ARG |- |\$env:)?[\w.-]{0,64}$")
_CODE = re.compile(r"[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+|[A-Za-z_][\w.]*\(.*|.*[({]\S*[)}];?")
_NAME_BEFORE = re.compile(r"[\w.-]*\Z")
_MAX_NAME = 48
_VARIABLE = re.compile(r"pass(?!ion|port)|pwd|secret|token|key$|cred|input|param|value$")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z_]*")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_IDENTITY = re.compile(
    r"(?:session|conversation|request|trace|message|user|object|item)[_-]?id$|^(?:key|sid)$"
)
"""Names of what things are called by, which a UUID is."""
_EXPLAINS = re.compile(
    r"\b(?:must|should|may|cannot|have|has|be|been|the|your|at least|at most|characters?|required|"
    r"between|than|please|contain|is|are|with)\b",
    re.IGNORECASE,
)
_MAX_QUOTED = 1024
_MIN_STRONG, _MIN_WEAK = 4, 16
_MAX_JUDGED = 256
_LEAST_EXPLAINING = 2
"""Such words in a value of several, which is a sentence about a secret then."""


def find_assigned(mode: AssignmentMode, text: str, folded: str) -> Iterator[Span]:
    for pattern in (_NAMED, _OPTION):
        reached = 0
        for named in pattern.finditer(folded):
            if named.start() < reached:
                continue
            span = _value(text, named)
            if span and _is_secret(mode, text, folded, named, span):
                reached = span.end
                yield span


def _value(text: str, named: re.Match[str]) -> Span | None:
    begin = named.end()
    if quote := _QUOTE.match(text, begin):
        return _quoted(text, quote)
    form = _REST_OF_WORD if _is_env_line(text, named) else _BARE
    bare = form.match(text, begin)
    if not bare:
        return None
    end = bare.end()
    if form is _BARE:
        end -= len(bare[0]) - len(bare[0].rstrip(".:!?"))
    return Span(begin, end) if end > begin else None


def _quoted(text: str, quote: re.Match[str]) -> Span | None:
    begin = quote.end()
    limit = min(len(text), begin + _MAX_QUOTED)
    line_end = text.find("\n", begin, limit)
    limit = limit if line_end < 0 else line_end
    end = text.find(quote[1], begin, limit)
    if end < 0:  # the closing quote was cut off
        word = _REST_OF_WORD.match(text, begin)
        end = word.end() if word else begin
    return Span(begin, end) if end > begin else None


def _is_env_line(text: str, named: re.Match[str]) -> bool:
    """Whether it reads NAME=value from the start of a line: what follows is all value."""
    if named["operator"] != "=":
        return False
    return _ENV_NAME.search(text[max(0, named.start() - 80) : named.start()]) is not None


def _is_secret(
    mode: AssignmentMode, text: str, folded: str, named: re.Match[str], span: Span
) -> bool:
    value = text[span.begin : span.end]
    name = _name(folded, named)
    if is_placeholder(value) or _is_identity(name, value):
        return False
    is_quoted = text[span.begin - 1] in "\"'`"
    if mode is AssignmentMode.RANDOM or not is_of_secret(name):
        return _is_generated(value)
    if len(value) < _MIN_STRONG:
        return False
    if is_quoted:
        return _is_no_label(value)
    if "pwd" in name and value.startswith(("/", "~", "C:")):
        return False
    return _is_bare_literal(text, named, span, value)


def _is_identity(name: str, value: str) -> bool:
    return _IDENTITY.search(name) is not None and _UUID.fullmatch(value) is not None


def _name(folded: str, named: re.Match[str]) -> str:
    """All of the name, with what stands before its stem."""
    before = _NAME_BEFORE.search(folded, max(0, named.start() - _MAX_NAME), named.start())
    return folded[before.start() if before else named.start() : named.end("suffix")]


def _is_generated(value: str) -> bool:
    value = value[:_MAX_JUDGED]
    if len(value) < _MIN_WEAK or any(map(str.isspace, value)):
        return False
    if is_hex(value):
        return len(value) >= 32 and any(map(str.isalpha, value))
    return any(map(str.isdigit, value)) and looks_drawn(value) and _CODE.fullmatch(value) is None


def _is_no_label(value: str) -> bool:
    """Texts of a user interface begin with a capital and have spaces: "Please sign in"."""
    if " " not in value.strip():
        return not value.isspace() and "://" not in value
    if len(_EXPLAINS.findall(value)) >= _LEAST_EXPLAINING:
        return False
    return not (value[0].isupper() or value.count(" ") > 7) or any(map(str.isdigit, value))


def _is_bare_literal(text: str, named: re.Match[str], span: Span, value: str) -> bool:
    operator = named["operator"]
    value = value.rstrip(",;")
    if _CODE.fullmatch(value) or text[span.end : span.end + 1] in {"(", "[", "{", "<"}:
        return False
    if value.startswith(("/", "./", "~/")) and not looks_drawn(value):
        return False
    if not _IDENTIFIER.fullmatch(value):
        return _has_shape(value) or "=" in operator
    return _is_whole_setting(text, named, span, value)


def _has_shape(value: str) -> bool:
    """Whether prose would hardly have it: a digit or a sign within letters."""
    kinds = {char.isalpha() for char in value}
    return len(kinds) == 2 and not re.fullmatch(
        r"[A-Za-z]+(?:[-'/.\u2019\u2013\u2014\u2026]+[A-Za-z]*)+", value
    )


def _is_whole_setting(text: str, named: re.Match[str], span: Span, value: str) -> bool:
    """Of a value of letters only: whether it is all there is on the line, as in a settings file.

    In code the right side is a variable then, and often says what it is: `password = passwd`.
    """
    operator = named["operator"]
    follows = text[span.end : span.end + 1]
    if operator.strip() in {"=", ":"} and not operator.startswith("\n"):
        if operator == "=":
            return follows in {"", "\n", "\r", "&", ";", " ", ","} and not _names_itself(value)
        line_begin = text.rfind("\n", max(0, named.start() - 80), named.start()) + 1
        before = text[line_begin : named.start()]
        return (
            follows in {"", "\n", "\r"}
            and re.fullmatch(r"[\s\"'\w.+-]{0,64}", before) is not None
            and " " not in before.strip(" +-\t")
            and value[0].islower()
            and not _names_itself(value)
        )
    return False


def _names_itself(value: str) -> bool:
    return _VARIABLE.search(value.lower()) is not None


def assignments(mode: AssignmentMode) -> tuple[Rule, ...]:
    """The rules for values found by their names."""
    return (
        Rule(
            RedactionKind.CREDENTIAL,
            partial(find_assigned, mode),
            HINTS,
        ),
        *_WRITTEN_OTHERWISE,
    )


def _is_literal(value: str) -> bool:
    return len(value) >= _MIN_STRONG and not is_placeholder(value.strip())


_WRITTEN_OTHERWISE = (
    pattern_rule(  # SQL
        RedactionKind.CREDENTIAL,
        r"(?:identified\s{1,3}by(?:\s{1,3}password)?|with\s{1,3}password|\bpassword)\s{1,3}"
        r"'(?P<secret>[^'\n]{1,256})'",
        "identified by",
        "password",
        accepts=_is_literal,
        is_folded=True,
    ),
    pattern_rule(  # XML
        RedactionKind.CREDENTIAL,
        r"<(?:[\w.-]{1,40}[:_.-])?(?:password|passphrase|secret|api-?_?key|(?:access|auth)-?_?token"
        r"|(?:client|app)-?_?secret|private-?_?key)>\s{0,8}(?P<secret>[^<\s][^<\n]{0,512})</",
        "</",
        accepts=_is_literal,
        is_folded=True,
    ),
    pattern_rule(  # .netrc
        RedactionKind.CREDENTIAL,
        r"\blogin\s{1,3}\S{1,128}\s{1,8}password\s{1,3}(?P<secret>\S{1,256})",
        "login",
        accepts=_is_literal,
        is_folded=True,
    ),
    pattern_rule(  # settings of Redis
        RedactionKind.CREDENTIAL,
        r"\b(?:requirepass|masterauth)\s{1,8}(?P<secret>\S{4,256})",
        "requirepass",
        "masterauth",
        accepts=_is_literal,
        is_folded=True,
    ),
    pattern_rule(  # options glued to their value
        RedactionKind.CREDENTIAL,
        r"\b(?:mysql(?:dump|admin)?\b[^\r\n]{0,200}? -p|sshpass -p ?)[\"']?"
        r"(?P<secret>[^\s\"']{4,128})",
        "mysql",
        "sshpass",
        accepts=_is_literal,
        is_folded=True,
    ),
)
