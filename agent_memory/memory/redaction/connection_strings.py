"""Passwords inside addresses of databases, brokers and other servers: the password alone goes."""

from agent_memory.memory.redaction.kinds import RedactionKind
from agent_memory.memory.redaction.placeholders import is_placeholder
from agent_memory.memory.redaction.rule import pattern_rule


def _is_literal(word: str) -> bool:
    return not is_placeholder(word)


CONNECTION_STRINGS = (
    pattern_rule(
        RedactionKind.CONNECTION_PASSWORD,
        r"://[^\s/:@\"'<>`\[\]{}()]{0,128}:(?P<secret>[^\s/?#\"'<>`]{1,256})@(?=[\w.\[{$%-])",
        "://",
        accepts=_is_literal,
    ),
    pattern_rule(
        RedactionKind.CONNECTION_PASSWORD,
        # A password with an unescaped slash in it: only where the scheme is one of a database.
        r"(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|redis|rediss|amqps?)(?:\+\w{1,20})?://"
        r"[^\s/:@\"'<>`]{0,128}:(?P<secret>[^\s\"'<>`@]{1,128})@(?=[\w.-]{1,128}(?:[:/,\s\"']|$))",
        "://",
        accepts=_is_literal,
    ),
    pattern_rule(
        RedactionKind.CONNECTION_PASSWORD,
        r"jdbc:oracle:\w{1,8}:[\w$#]{1,64}/(?P<secret>[^\s@\"'/]{1,128})@",
        "jdbc:oracle:",
        accepts=_is_literal,
    ),
)
