"""Files and symbols that a conversation keeps coming back to."""

from dataclasses import dataclass

from agent_memory.memory.extraction.code_references import find_symbols
from agent_memory.memory.extraction.findings import Findings
from agent_memory.memory.extraction.symbols import symbol_keys
from agent_memory.memory.items.content_hash import content_hash
from agent_memory.memory.items.item import Draft, Key, Material, Span
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.search.identifiers import split_identifiers
from agent_memory.memory.search.paths import file_keys, find_paths, normal_path

_MIN_SYMBOL_MENTIONS = 2
_MAX_ARTIFACTS = 50


@dataclass(slots=True)
class _Mentions:
    """`place`, `source`: where it was named first, and in which draft."""

    name: str
    is_file: bool
    place: int
    source: int
    num: int = 0


def add_artifacts(material: Material, findings: Findings) -> None:
    """One draft a file that a message names, and one a symbol that is named twice or more."""
    mentions: dict[str, _Mentions] = {}
    for index, draft in enumerate(list(findings.drafts)):
        if draft.kind is ItemKind.CHAT and draft.keys:
            _count(draft, index, mentions)
    prominent = [m for m in mentions.values() if m.is_file or m.num >= _MIN_SYMBOL_MENTIONS]
    for one in sorted(prominent, key=lambda m: (-m.num, m.place))[:_MAX_ARTIFACTS]:
        findings.add(_draft(one, material))


def _count(draft: Draft, index: int, mentions: dict[str, _Mentions]) -> None:
    named = [(path, place, True) for path, place in find_paths(draft.text)]
    named.extend((name, place, False) for name, place in find_symbols(draft.text))
    for name, place, is_file in named:
        known = mentions.setdefault(
            normal_path(name) if is_file else name,
            _Mentions(name, is_file, draft.span.begin + place, index),
        )
        known.num += 1


def _draft(mentions: _Mentions, material: Material) -> Draft:
    name = normal_path(mentions.name) if mentions.is_file else mentions.name
    return Draft(
        kind=ItemKind.ARTIFACT,
        text=name,
        span=Span(mentions.place, mentions.place + len(mentions.name)),
        occurred_at=material.occurred_at,
        content_hash=content_hash(ItemKind.ARTIFACT, name),
        context="file" if mentions.is_file else "symbol",
        search_text=" ".join(split_identifiers(name)),
        source=mentions.source,
        keys=_keys(mentions),
        confidence=_FILE_CONFIDENCE if mentions.is_file else _SYMBOL_CONFIDENCE,
        num_occurrences=mentions.num,
    )


def _keys(mentions: _Mentions) -> tuple[Key, ...]:
    return file_keys(mentions.name) if mentions.is_file else symbol_keys(mentions.name)


_FILE_CONFIDENCE = 0.9
_SYMBOL_CONFIDENCE = 0.8
