"""The shapes and types of the tensors of a model's KV blocks."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TensorForm:
    """A tensor by name. dtype: as safetensors spells it. shape: None where an axis counts tokens.

    most_tokens: of a window, which has so many once the sequence does, and all of it before; None:
    the tensor has those of its block, or those that a state has gathered. content: where it is
    always the same.
    """

    name: str
    dtype: str
    item_size: int
    shape: tuple[int | None, ...]
    most_tokens: int | None = None
    content: bytes | None = None

    def num_bytes(self, num_tokens: int) -> int:
        """Most bytes after so many tokens."""
        length = num_tokens if self.most_tokens is None else min(num_tokens, self.most_tokens)
        return self.item_size * math.prod(length if n is None else n for n in self.shape)

    def fits(self, dtype: str, shape: Sequence[int], num_tokens: range) -> bool:
        """Whether a tensor is of this form and has one of these numbers of tokens."""
        if dtype != self.dtype or len(shape) != len(self.shape):
            return False
        return all(
            length in num_tokens if wanted is None else length == wanted
            for length, wanted in zip(shape, self.shape, strict=True)
        )


Described = Mapping[str, tuple[str, Sequence[int]]]
"""dtype and shape of tensors, by name."""


@dataclass(frozen=True, slots=True)
class KvForm:
    """tokens: the tensors of every block. snapshot: those that a snapshot has besides. Empty: not
    known."""

    tokens: tuple[TensorForm, ...] = ()
    snapshot: tuple[TensorForm, ...] = ()

    @property
    def num_tensors(self) -> int:
        """Of one block, at most."""
        return len(self.tokens) + len(self.snapshot)

    def snapshot_bytes(self, num_tokens: int) -> int:
        """Most bytes of the windows and states after so many tokens."""
        return sum(form.num_bytes(num_tokens) for form in self.snapshot)

    def misfit(
        self, tensors: Described, begin: int, num_tokens: int, *, is_snapshot: bool
    ) -> str | None:
        """The name of a tensor that a block of `num_tokens` tokens from `begin` on lacks, has
        besides, or has in another form; None when all are as they should be."""
        end = begin + num_tokens
        expected = {form.name: (form, range(num_tokens, num_tokens + 1)) for form in self.tokens}
        for form in self.snapshot if is_snapshot else ():
            if form.most_tokens is None:
                expected[form.name] = form, range(end + 1)
            else:
                length = min(end, form.most_tokens)
                expected[form.name] = form, range(length, length + 1)
        if different := expected.keys() ^ tensors.keys():
            return min(different)
        for name, (form, lengths) in expected.items():
            if not form.fits(*tensors[name], lengths):
                return name
        return None
