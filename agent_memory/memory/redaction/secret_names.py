"""Names under which secrets are kept: `DB_PASSWORD`, `api-key`, `clientSecret`, `auth.token`."""

import re

STRONG = (
    r"pass(?:word|wd|phrase|code)|kennwort|passwort|(?<![a-z])pwd|(?<![a-z])psw"
    r"|secret|credentials?"
    r"|(?:api|app|access|secret|private|auth|account|shared|shared[_-]?access|encryption|encrypt"
    r"|signing|master|service|storage|session|license|deploy|webhook|client|consumer|hmac|jwt)"
    r"[_.-]?key"
    r"|(?:auth|access|refresh|id|session|bearer|security|api|bot|user|personal[_-]?access|oauth"
    r"|csrf|xsrf|deploy|registry|webhook|client)[_.-]?token"
)
"""Whatever literal value they have is a secret."""
WEAK = (
    r"token|(?<![a-z])auth|(?<![a-z])jwt|session[_-]?id|(?<![a-z])sid|(?<![a-z])sig|signature"
    r"|(?<![a-z])otp|(?<![a-z])cvv|(?<![a-z])cvc|(?<![a-z])pin|(?<![a-z])key|(?<![a-z])seed"
    r"|(?<![a-z])salt|(?<![a-z])creds?|(?<![a-z])pat"
)
"""Words that mean other things too: only a value that looks like a key is taken for one."""
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


def ends_otherwise(suffix: str) -> bool:
    """Whether the rest of the name makes it the name of something else: `token_count`."""
    return _NO_SECRET.fullmatch(suffix) is not None
