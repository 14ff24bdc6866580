"""Names under which secrets are kept: `DB_PASSWORD`, `api-key`, `clientSecret`, `auth.token`."""

import re

_STRONG = re.compile(
    r"pass(?:word|wd|phrase|code|wort)|kennwort|(?<![a-z])pwd|(?<![a-z])psw"
    r"|secret|credentials?"
    r"|(?:api|app|access|secret|private|auth|account|shared|shared[_-]?access|encryption|encrypt"
    r"|signing|master|service|storage|session|license|deploy|webhook|client|consumer|hmac|jwt)"
    r"[_.-]?key"
    r"|(?:auth|access|refresh|id|session|bearer|security|api|bot|user|personal[_-]?access|oauth"
    r"|csrf|xsrf|deploy|registry|webhook|client)[_.-]?token"
)
STEM = (
    r"(?:pass(?:word|wd|phrase|code|wort)|kennwort|pwd|psw|secret|cred|key|token|auth|jwt"
    r"|session[_-]?id|sid|sig|otp|cv[vc]|pin|seed|salt|pat)"
)
"""Every name of a secret has one of these in it; so do names of other things. Nothing stands before
the first letters, so that they are found at the speed of a search for characters."""
HINTS = (
    "pass", "pwd", "psw", "kennwort", "secret", "cred", "key", "token", "auth", "jwt", "sid",
    "session", "sig", "otp", "cv", "pin", "seed", "salt", "pat",
)  # fmt: skip
_NO_SECRET = re.compile(
    r"s?[_.-]?(?:count|counts|length|len|size|name|names|type|types|kind|field|file|filename|path|dir"
    r"|url|uri|endpoint|limit|max|min|ize[rd]?|izers?|ization|index|policy|polic.*|expir.*|ttl|age"
    r"|arn|version|prefix|suffix|pattern|regex|format|encoder|manager|provider|store|service|class"
    r"|ary|strength|rotation|usage|label|hint|help|text|title|message|placeholder|error|errors"
    r"|required|valid|validat.*|reset|change|changed|confirm.*|forgot.*|input|column|header|bits?|id"
    r"|ids|ref|rotat.*|hash|hashed|digest|algorithm|alg|scope|scopes|budget|set|sets|s|board|word"
    r"|words|stroke|frame|frames|press|down|up|code|codes|exist.*|holder|map|list|space|stone|note"
    r"|points?|chain)",
    re.ASCII,
)


def is_of_secret(name: str) -> bool:
    """Whether whatever literal value it has is a secret; of other names, `token` or `token_count`,
    only a value that looks like a key is taken for one."""
    *_, last = None, *_STRONG.finditer(name)
    return last is not None and _NO_SECRET.fullmatch(name, last.end()) is None
