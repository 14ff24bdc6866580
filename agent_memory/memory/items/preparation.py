"""A material made ready to be stored."""

import hashlib
import json
from collections.abc import Mapping

from agent_memory.memory.extraction.chat import MESSAGES
from agent_memory.memory.extraction.reading import extract
from agent_memory.memory.items.ingestion import Prepared
from agent_memory.memory.items.item import Material


def prepare(material: Material, redactions: Mapping[str, int] | None = None) -> Prepared:
    """`redactions`: how many of each kind of secret were removed from the material before."""
    drafts, notes = extract(material)
    return Prepared(material, material_hash(material), drafts, notes, redactions)


def material_hash(material: Material) -> str:
    """SHA-256 (hex) of kind, text and, of a conversation, who said what and when."""
    messages = material.metadata.get(MESSAGES)
    said = json.dumps(messages, sort_keys=True) if messages is not None else ""
    whole = "\0".join((material.kind.value, material.text, said))
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
