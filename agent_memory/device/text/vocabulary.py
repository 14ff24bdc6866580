"""The bytes that each token stands for, and generated tokens as text while they arrive."""

import codecs
from collections.abc import Sequence
from typing import Protocol

from mlx_lm.tokenizer_utils import (
    BPEStreamingDetokenizer,
    SPMStreamingDetokenizer,
    StreamingDetokenizer,
    TokenizerWrapper,
)

_SPM_SPACE = "\u2581".encode()


class TextStream(Protocol):
    """Generated tokens in, text out; never half a character, and nothing is lost."""

    def push(self, token_ids: Sequence[int]) -> str:
        """The text that is certain now and was not before."""
        ...

    def finish(self) -> str:
        """What is left; bytes that never became a character show as U+FFFD."""
        ...


class Vocabulary:
    """The bytes of every token of a tokenizer.

    For byte-level and SentencePiece tokenizers they are read from the vocabulary, which makes text
    streams exact and cheap. Other tokenizers are asked to decode each token.
    """

    def __init__(self, tokenizer: TokenizerWrapper) -> None:
        self._tokenizer = tokenizer
        self._bytes, self._drops_first_space = _byte_table(tokenizer)

    def __len__(self) -> int:
        return len(self._tokenizer)

    @property
    def has_bytes(self) -> bool:
        """Whether every token stands for bytes of its own, wherever it appears."""
        return self._bytes is not None

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes of one token; none for an id beyond the vocabulary."""
        if not 0 <= token_id < len(self):
            return b""
        if self._bytes is not None:
            return self._bytes[token_id]
        return str(self._tokenizer.decode([token_id])).encode()

    def token_text(self, token_id: int) -> str:
        """The token as text; bytes of half a character show as U+FFFD."""
        return self.token_bytes(token_id).decode("utf-8", "replace")

    def new_stream(self, *, is_chat: bool) -> TextStream:
        """A fresh stream. In a chat the space with which SentencePiece begins a text is dropped."""
        if self._bytes is None:
            return _DecodedStream(self._tokenizer.detokenizer)
        return _ByteStream(self._bytes, drops_first_space=is_chat and self._drops_first_space)


class _ByteStream:
    """Looks bytes up and decodes UTF-8 as it comes in."""

    def __init__(self, table: Sequence[bytes], *, drops_first_space: bool) -> None:
        self._table = table
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._drops_first_space = drops_first_space

    def push(self, token_ids: Sequence[int]) -> str:
        size = len(self._table)
        table = self._table
        text = self._decoder.decode(b"".join(table[at] for at in token_ids if 0 <= at < size))
        if self._drops_first_space and text:
            self._drops_first_space = False
            return text.removeprefix(" ")
        return text

    def finish(self) -> str:
        return self._decoder.decode(b"", final=True)


class _DecodedStream:
    """Lets mlx-lm decode line by line, for tokenizers whose tokens have no bytes of their own."""

    def __init__(self, detokenizer: StreamingDetokenizer) -> None:
        self._detokenizer = detokenizer

    def push(self, token_ids: Sequence[int]) -> str:
        for token_id in token_ids:
            self._detokenizer.add_token(token_id)
        return str(self._detokenizer.last_segment)

    def finish(self) -> str:
        self._detokenizer.finalize()
        return str(self._detokenizer.last_segment)


def _byte_table(tokenizer: TokenizerWrapper) -> tuple[tuple[bytes, ...] | None, bool]:
    """(bytes by token id or None, whether a text begins with a space that is not its own)."""
    detokenizer = tokenizer.detokenizer
    names = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    added = {token_id: text.encode() for text, token_id in tokenizer.get_added_vocab().items()}
    if isinstance(detokenizer, BPEStreamingDetokenizer):
        to_byte = _byte_level_alphabet()
        table = (_byte_level_bytes(name, to_byte) for name in names)
    elif isinstance(detokenizer, SPMStreamingDetokenizer):
        table = (_spm_bytes(name) for name in names)
    else:
        return None, False
    drops = isinstance(detokenizer, SPMStreamingDetokenizer) and bool(detokenizer.trim_space)
    return tuple(added.get(at, value) for at, value in enumerate(table)), drops


def _byte_level_bytes(name: str | None, to_byte: dict[str, int]) -> bytes:
    if name is None:
        return b""
    return b"".join(bytes((to_byte[char],)) if char in to_byte else char.encode() for char in name)


def _spm_bytes(name: str | None) -> bytes:
    if name is None:
        return b""
    if len(name) == 6 and name.startswith("<0x") and name.endswith(">"):
        return bytes((int(name[3:5], 16),))
    return name.encode().replace(_SPM_SPACE, b" ")


def _byte_level_alphabet() -> dict[str, int]:
    """The printable characters that stand for bytes in byte-level vocabularies (GPT-2)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    alphabet = {chr(byte): byte for byte in printable}
    alphabet.update({chr(256 + at): byte for at, byte in enumerate(others)})
    return alphabet
