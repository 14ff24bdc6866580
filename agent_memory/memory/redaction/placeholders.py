"""Words that stand where a secret would, and are none."""

import re

_WORDS = frozenset(
    """
    none null nil undefined true false yes no on off str string text int integer bool boolean
    object any bytes char number optional required invalid missing incorrect wrong expired
    unknown empty failed denied changed reset protected hidden redacted masked removed omitted
    placeholder default unset void function const final static public private new self this
    password passwd passphrase passcode pwd secret token api_key apikey api-key key username
    user example todo tbd n/a na not and or the a an is are was to for from in of with see using
    ignored disabled enabled manager service keychain vault env prompt stdin auto generated here
    there good great cool never always just only also too love
    """.split()  # noqa: SIM905  a list of 120 literals reads worse
)
_FORMS = re.compile(
    r"""
    \$\{[^}]{0,200}\}? | \$\([^)]{0,200}\)? | \$[A-Za-z_]\w{0,80} | \$\$?\{\{.{0,200}  # a variable
    | \{\{.{0,200}\}\}.{0,20} | \{\w{0,80}\} | %\(\w{1,80}\)s | %[sdrv] | %\w{1,80}%   # a template
    | <[^>]{0,200}>? | \[[^\]]{0,200}\]?                                  # <your key>
    | (.)\1{2,}                                                           # ********, xxxxxxxx
    | .{0,60}(?:\.{3}|…)                                                  # cut off: sk-...
    | 0o[0-7]{3,4}                                                        # the mode of a file
    | \.{2,} | …+ | -+ | _+
    | (?:your|my|the|some|insert|enter|put|add|replace)[-_ ].{0,80}
    | @\{?[A-Za-z_][\w.]{0,80}\}? | :\w{1,40} | \?                        # a bound parameter
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def is_placeholder(word: str) -> bool:
    """Whether it names a secret, its type or where it comes from, instead of being one."""
    return word.lower().strip(".,!?;:") in _WORDS or _FORMS.fullmatch(word) is not None
