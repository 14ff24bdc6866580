"""The identity of two texts: a hash of their normalised form."""

import hashlib
import unicodedata

from agent_memory.memory.items.kinds import ItemKind


def normal_text(text: str) -> str:
    """Without differences that say nothing: width of characters, case, spaces, a final stop."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split()).rstrip(" .!")


def content_hash(kind: ItemKind, text: str, *told_apart_by: str) -> str:
    """SHA-256 (hex). `told_apart_by`: what makes a difference although the words are the same."""
    parts = (kind.value, normal_text(text) or text, *told_apart_by)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
