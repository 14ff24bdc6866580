"""The words that subjects and their values are recognised by."""

import re

from agent_memory.memory.extraction.names import normal_name
from agent_memory.memory.search.identifiers import word_set

ATTRIBUTES = (
    "account|address|api key|attempts|base image|base url|branch|bucket|budget|"
    "bundler|capacity|channel|code name|code style|codename|color|colour|connections|"
    "contact|count|country|cron|currency|database|date|deadline|default|depth|"
    "domain|due date|editor|email|endpoint|engine|entry point|file|flag|format|"
    "formatter|framework|frequency|header|host|hostname|id|image|interval|key|"
    "language|launch date|lead|length|level|licence|license|limit|linter|locale|"
    "location|log level|maintainer|manager|maximum|minimum|mode|model|name|"
    "namespace|orm|owner|package manager|page size|password|path|person|phone number|"
    "plan|policy|pool size|port|prefix|price|priority|protocol|provider|quota|rate|"
    "rate limit|region|registry|release date|replica count|replicas|repository|"
    "retention|retries|reviewer|role|runner|runtime|schedule|schema|server|shell|"
    "size|stack|start date|status|strategy|style|suffix|tag|target|theme|threshold|"
    "time zone|timeout|timezone|title|tool|topic|ttl|url|user name|username|"
    "version|width|window|workers|zone"
)
ATTRIBUTE_WORDS = word_set(ATTRIBUTES.replace("|", " "))
_MOVED = (
    "changed|moved|set|updated|bumped|raised|lowered|increased|reduced|postponed|switched|renamed|"
    "pushed|pushed back|extended|shortened|upgraded|cut"
)
COPULA = (
    rf"(?:is|are|(?:was|were|is|are|has been|have been) (?:{_MOVED})(?: from .{{1,60}}?)? to|"
    rf"should be|must be|will be|(?:has |have )?(?:{_MOVED}) to|became|"
    r"(?:went|goes|rose|fell|grew|dropped)(?: (?:up|down|back))?(?: from .{1,40}?)? to|=) "
    r"(?:now |set to |currently |always |still |back to )?"
)
WORD = r"[\w'./#@+-]+"
NOUN_WORDS = rf"{WORD}(?: {WORD}){{0,4}}?"
OF = rf"(?P<of>(?: (?:for|of|in|on|at) (?:the |our |my )?{WORD}(?: {WORD}){{0,3}}?)?)"

VAGUE = word_set(
    "it this that these those there here they he she we i you what which who one thing things "
    "something anything everything nothing reason problem issue question answer point idea "
    "whole same next last first second third other his her their its some any no more such "
    "error bug fix result output if when"
)
BARE_IS_VAGUE = word_set(
    "id name status title size length path key mode price image plan window format priority "
    "default maximum minimum limit count rate flag level tag role model header date value width "
    "depth theme person address location target account file repository replicas workers attempts "
    "connections"
)
"""Every other thing has one."""
_NO_VALUE = re.compile(
    r"(?:not|unknown|unclear|tbd|undecided|wrong|broken|missing|important|too|very|so|really|great|"
    r"good|bad|nice|amazing|awesome|fine|ok|okay|that|what|how|why|when|where|to|because|tough|"
    r"hard|one|just|something|still|about|more|also|a bit|pretty|quite|all|tight|in the|in docs|"
    r"protected|pulled|down|up|slow|fast|flaky)\b|\w+n't\b|(?!staging\b)\w+ing\b",
    re.IGNORECASE,
)
_LITERAL = re.compile(
    r"[`\"_$\u20ac\d/~#-]|[a-z]+://|[A-Z]|true\b|false\b|none\b|null\b|(?:two|three|four|five|six|"
    r"seven|eight|nine|ten|twelve|twenty|thirty|sixty)\b|[\w-]+[./:_@]\w|[a-z]+(?:-[a-z]+)*-?\d"
)
_VALUE_END = re.compile(
    r"[,;()]| (?:and|but|because|so|instead|now|not|from now|since|again|anymore|rather|which|for "
    r"now)\b|[.!?]+(?: |$)"
)
_MAX_VALUE_WORDS = 6


def says_nothing(value: str) -> bool:
    return _NO_VALUE.match(value) is not None


def is_literal(value: str) -> bool:
    """A number, a name or something quoted."""
    return not says_nothing(value) and _LITERAL.match(value) is not None


def value_of(text: str) -> str:
    """The value that a sentence gives, in one spelling, without what is added to it."""
    return " ".join(normal_name(_VALUE_END.split(text, maxsplit=1)[0]).split()[:_MAX_VALUE_WORDS])
