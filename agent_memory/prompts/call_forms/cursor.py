"""Reading a beginning that may not be whole yet."""

from collections.abc import Iterable


class Undecided(Exception):
    """More text is needed to tell."""


class NoCall(Exception):
    """The words that were written are no call."""


class Cursor:
    """A place in a text that is still growing; `is_last` when it is not any more."""

    def __init__(self, text: str, at: int = 0, *, is_last: bool = False) -> None:
        self.text = text
        self.at = at
        self._is_last = is_last

    def skip(self, characters: str = " \t\r\n") -> None:
        """Go past blanks, however many."""
        while self.at < len(self.text) and self.text[self.at] in characters:
            self.at += 1

    def take(self, *options: str) -> str:
        """Go past the longest of `options` that stands here. Raises NoCall when none does, and
        Undecided while one may."""
        taken = self.see(*options)
        self.at += len(taken)
        return taken

    def has(self, mark: str) -> bool:
        """Go past `mark` if it stands here. Raises Undecided while it may."""
        try:
            self.take(mark)
        except NoCall:
            return False
        return True

    def take_until(self, mark: str, num_most: int) -> str:
        """Go past the next `mark`; what stands in front of it, which is at most so long. Raises
        NoCall and Undecided."""
        found_at = self.text.find(mark, self.at, self.at + num_most + len(mark))
        if found_at < 0:
            if self._is_last or len(self.text) - self.at >= num_most + len(mark):
                raise NoCall
            raise Undecided
        taken, self.at = self.text[self.at : found_at], found_at + len(mark)
        return taken

    def see(self, *options: str) -> str:
        """As `take`, but stay."""
        found = [option for option in options if self.text.startswith(option, self.at)]
        longest = max(found, key=len, default=None)
        if not self._is_last and self._may_be(options, longest):
            raise Undecided
        if longest is None:
            raise NoCall
        return longest

    def _may_be(self, options: Iterable[str], found: str | None) -> bool:
        """Whether an option that is longer than the one found may still come to stand here."""
        num_left = len(self.text) - self.at
        return any(
            len(option) > num_left
            and (found is None or len(option) > len(found))
            and self.text.startswith(option[:num_left], self.at)
            for option in options
        )
