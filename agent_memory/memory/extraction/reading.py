"""The content of a material, whatever it is."""

from typing import assert_never

from agent_memory.memory.extraction.chat import read_chat
from agent_memory.memory.extraction.diff import read_diff
from agent_memory.memory.extraction.findings import Findings, Passage
from agent_memory.memory.extraction.log import read_log
from agent_memory.memory.items.item import Draft, Material
from agent_memory.memory.items.kinds import MaterialKind

_EMPTY = "The text is empty."
_NOTHING = "Nothing was found in the text; it is kept as it is."


def extract(material: Material) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    """What is derived from it, and notes on what could not be read. Never raises; the same material
    gives the same drafts."""
    findings = Findings()
    if not material.text.strip():
        findings.note(_EMPTY)
        return (), tuple(findings.notes)
    passage = Passage(material.text, 0, material.occurred_at)
    match material.kind:
        case MaterialKind.CHAT:
            read_chat(material, findings)
        case MaterialKind.DIFF:
            read_diff(passage, findings)
        case MaterialKind.LOG:
            read_log(passage, findings)
        case _:
            assert_never(material.kind)
    if not findings.drafts:
        findings.note(_NOTHING)
    return tuple(findings.drafts), tuple(findings.notes)
