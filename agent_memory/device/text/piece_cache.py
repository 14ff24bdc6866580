"""Token ids of pieces of text that come again."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

from agent_memory.prompts.control_marks import CutText


class PieceCache:
    """Remembers the tokens of recent pieces, up to a number of characters.

    A conversation sends the same pieces at every turn and adds one; without this, tokenising grows
    with the square of the conversation. Not safe for several threads at once.
    """

    def __init__(self, encode: Callable[[CutText], Sequence[int]], max_chars: int) -> None:
        self._encode = encode
        self._max_chars = max_chars
        self._num_chars = 0
        self._pieces: OrderedDict[CutText, tuple[int, ...]] = OrderedDict()

    def tokens(self, text: CutText) -> tuple[int, ...]:
        """The token ids of `text`."""
        known = self._pieces.get(text)
        if known is not None:
            self._pieces.move_to_end(text)
            return known
        tokens = tuple(self._encode(text))
        self._pieces[text] = tokens
        self._num_chars += _num_chars(text)
        while self._num_chars > self._max_chars and self._pieces:
            old, _ = self._pieces.popitem(last=False)
            self._num_chars -= _num_chars(old)
        return tokens


def _num_chars(text: CutText) -> int:
    return sum(map(len, text))
