"""The turns of phrase by which a sentence shows what it is."""

import re
from dataclasses import dataclass

from agent_memory.memory.items.kinds import ItemKind

_WORK = (
    "add|adjust|automate|benchmark|build|bump|cache|change|check|clean|compare|configure|connect|"
    "convert|create|debug|delete|deploy|disable|document|drop|enable|expose|extend|extract|finish|fix|"
    "generate|handle|implement|improve|install|integrate|investigate|measure|merge|migrate|move|"
    "optimi[sz]e|parse|port|profile|publish|"
    "refactor|release|remove|rename|replace|reproduce|restore|review|rewrite|rotate|run|schedule|"
    "set up|simplify|split|support|switch|test|translate|update|upgrade|validate|verify|wire|write"
)
_CHOICE = (
    "adopt|build|deploy|drop|go with|host|migrate|move to|not use|pick|replace|rewrite|ship|"
    "stay on|stick with|store|support|switch|upgrade|use"
)
_THING = (
    "it|this|that|system|api|service|server|client|app|application|code|page|function|method|"
    "endpoint|database|build|users?|clients?|requests?|responses?"
)
_MOOD = (
    "a|amazing|an|awesome|challenging|cool|crazy|difficult|exciting|fantastic|frustrating|fun|good|great|hard|"
    "incredible|nice|proud|quite|rewarding|satisfying|scary|so|such|tired|tough|wonderful"
)
_MAY_BE = (
    "be|have|contain|exist|work|match|need|know|get|always|even|apply|happen|help|include|matter|"
    "notice|return|see|want|yet|fit|make|hold|support|reflect|cover"
)
"""Words of a possibility, which is no rule."""
_IDIOM = (
    "a|an|at|be|been|down|ever|feel|forget|fun|get|give|good|great|had|happy|here|if|in|knew|know|let|"
    "miss|mind|nice|one|quit|ready|saw|the|then|there|think|thought|up|wait|want|when|worry"
)


@dataclass(frozen=True, slots=True)
class Cue:
    """weight: how sure it makes, from 0 to 1. words: without one of these it cannot be there."""

    kind: ItemKind
    weight: float
    words: frozenset[str]
    pattern: re.Pattern[str]


def _cue(kind: ItemKind, weight: float, words: str, *alternatives: str) -> Cue:
    pattern = re.compile("|".join(alternatives), re.IGNORECASE)
    return Cue(kind, weight, frozenset(words.split()), pattern)


CUES = (
    _cue(
        ItemKind.DECISION,
        0.9,
        "decided agreed settled chose opted voted",
        r"\b(?:we|i|team|they|everyone)(?:'ve| have)?(?: all| both)? (?:finally |just |also )?"
        r"(?:decided|agreed|settled|chose|opted|voted)\b",
        r"\bit(?:'s| is| was| has| has been|'s been) (?:been )?(?:decided|agreed|settled)\b",
    ),
    _cue(
        ItemKind.DECISION,
        0.9,
        "decision decided agreed resolved",
        r"^(?:final )?(?:decision|decided|agreed|resolved)\s*:",
    ),
    _cue(
        ItemKind.DECISION,
        0.8,
        "will going won't let's lets we'll i'll",
        r"\b(?:we|i)(?:'ll| will| won't| are going to|'re going to| am going to|'m going to"
        rf"| will not| are not going to) (?:now |just )?(?:{_CHOICE})\b",
        rf"\blet'?s (?:just )?(?:{_CHOICE})\b",
    ),
    _cue(
        ItemKind.DECISION,
        0.8,
        "going went",
        r"\b(?:we|i)(?:'re| are|'m| am)? (?:going|went) with\b",
    ),
    _cue(
        ItemKind.DECISION,
        0.75,
        "switched migrated switching migrating standardized standardised",
        r"\b(?:we|i)(?:'ve| have|'re| are)? (?:now |just )?"
        r"(?:switched|migrated|switching|migrating|standardi[sz]ed)\b",
    ),
    _cue(
        ItemKind.DECISION,
        0.7,
        "moving porting converting ported converted moved migrating migrated",
        r"\b(?:we|i)(?:'ve| have|'re| are)? (?:now |just )?(?:moving|porting|converting|ported|"
        r"converted|moved|migrating|migrated) "
        r"(?:the |our |all )?[\w .'/-]{1,40}? from .{1,40}? to\b",
    ),
    _cue(
        ItemKind.DECISION,
        0.7,
        "replaced superseded dropped retired ditched abandoned replaces took gave",
        r"^(?:the |our )?[\w./+#@-]+(?: [\w./+#@-]+){0,2}? "
        r"(?:is|are|was|were|has been|have been|got)(?: now| just| finally| already)? "
        r"(?:(?:replaced|superseded) (?:by|with)|"
        r"(?:dropped|retired|ditched|abandoned) in favou?r of)\b",
        r"^(?!(?:it|this|that|which|he|she|they)\b)(?:the |our )?[\w./+#@-]+(?: [\w./+#@-]+)? "
        r"(?:now )?(?:replaces|took over from|gave way to) (?:the |our )?\w",
    ),
    _cue(
        ItemKind.DECISION,
        0.7,
        "use using",
        r"\bwe (?:now |currently |only )?(?:use|are using)\b",
        r"\bwe're (?:now )?using\b",
    ),
    _cue(
        ItemKind.DECISION,
        0.7,
        "changed moved set updated bumped raised lowered increased reduced renamed postponed",
        r"\b(?:we|i)(?:'ve| have)? (?:changed|moved|set|updated|bumped|raised|lowered|increased|"
        r"reduced|renamed|postponed) (?:the|our)\b.{1,80}?\bto\b",
    ),
    _cue(
        ItemKind.REQUIREMENT,
        0.85,
        "requirement acceptance required mandatory",
        r"\b(?:requirement|acceptance criteri(?:on|a))\s*:",
        r"\b(?:is|are) (?:required|mandatory)\b",
    ),
    _cue(
        ItemKind.REQUIREMENT,
        0.8,
        "must shall",
        rf"(?<!\byou )(?<!\ba )\b(?:must|shall) (?!have\b|feel\b|"
        rf"(?:be )?(?:really |truly |so |very )?(?:{_MOOD})\b)\w",
    ),
    _cue(
        ItemKind.REQUIREMENT,
        0.75,
        "has have need needs",
        rf"\b(?:{_THING}) (?:has to|have to|needs? to)\b",
    ),
    _cue(ItemKind.REQUIREMENT, 0.5, "should", rf"\b(?:{_THING}) should\b"),
    _cue(
        ItemKind.CONSTRAINT,
        0.85,
        "not mustn't never forbidden prohibited constraint",
        r"\b(?:must not|mustn't|shall not|must never|should never)\b",
        rf"\bmay not (?!(?:{_MAY_BE})\b)",
        r"\b(?:is|are) (?:forbidden|prohibited|not allowed)\b",
        r"^constraint\s*:",
    ),
    _cue(
        ItemKind.CONSTRAINT,
        0.8,
        "never always not don't only avoid",
        rf"^(?:please )?(?:never|always) (?!(?:{_IDIOM})\b)(?!\w+ing\b)\w+",
        rf"^(?:please )?(?:do not|don't|only|avoid) (?!(?:{_IDIOM})\b)\w+",
    ),
    _cue(
        ItemKind.CONSTRAINT,
        0.75,
        "more most least exceed limited up within under below",
        r"\b(?:no more than|not more than|at most|at least|not exceed|limited to|cannot exceed|"
        r"up to|within|under|below) (?:\$|\u20ac)?\d",
    ),
    _cue(
        ItemKind.CONSTRAINT,
        0.7,
        "deadline budget limit quota maximum minimum",
        r"\b(?:deadline|budget|limit|quota|maximum|minimum) (?:is|of|for)\b",
    ),
    _cue(
        ItemKind.TASK,
        0.9,
        "todo fixme action next to-do [",
        r"\b(?:TODO|FIXME)\b",
        r"^\[ ?\]",
        r"^(?:action items?|next steps?|to-?do)\s*:",
    ),
    _cue(
        ItemKind.TASK,
        0.75,
        "please pls can could would will",
        r"^(?:please|pls|can you|could you|would you|will you)(?:,| please| also| now)? "
        rf"(?:{_WORK})\b",
    ),
    _cue(
        ItemKind.TASK,
        0.7,
        "need have ought",
        rf"\b(?:we|i|you)(?:'ll)? (?:still |also |now )?(?:need|have|ought) to (?:{_WORK})\b",
    ),
    _cue(
        ItemKind.TASK,
        0.65,
        "remind forget remember sure step",
        r"^(?:please )?(?:remind me to|don't forget to|remember to|make sure (?:to|that)) \w+",
        r"\bthe next step is\b",
    ),
    _cue(ItemKind.TASK, 0.6, "the", rf"^(?:then |also )?(?:{_WORK}) the\b"),
    _cue(
        ItemKind.PREFERENCE,
        0.85,
        "rather prefer favor favour prefers",
        r"\b(?:i|we) (?:really |usually |much |generally |would )?(?:rather|prefer|favou?r)\b",
        r"\b(?:i|we)'d (?:rather|prefer)\b",
    ),
    _cue(
        ItemKind.PREFERENCE,
        0.85,
        "favorite favourite preferred",
        r"\b(?:my|our) (?:favou?rite|preferred)\b",
    ),
    _cue(
        ItemKind.PREFERENCE,
        0.55,
        "like love enjoy hate dislike stand",
        r"\bi (?:really |absolutely |just |truly )?"
        r"(?:like|love|enjoy|hate|dislike|can't stand|don't like)\b",
    ),
    _cue(
        ItemKind.PREFERENCE,
        0.7,
        "call use allergic vegetarian vegan",
        r"^(?:please )?call me\b",
        r"\bi (?:always|never|usually) use\b",
        r"\bi(?:'m| am) (?:allergic to|(?:a )?(?:vegetarian|vegan))\b",
    ),
    _cue(
        ItemKind.GLOSSARY,
        0.85,
        "stands short abbreviation acronym defined refers mean",
        r"^(?!(?:it|this|that|he|she|they|which|who)\b)(?:the (?:term|word) )?[\w.-]+(?: [\w.-]+)? "
        r"(?:stands for|is short for|is an (?:abbreviation|acronym) (?:of|for)|is defined as)\b",
        r"^[\w-]+ refers to\b",
        r"\bby [\w-]+(?: [\w-]+)? (?:we|i) mean\b",
    ),
)
