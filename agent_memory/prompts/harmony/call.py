"""One call of a tool in harmony: its arguments are the message's text."""

from collections.abc import Callable

from agent_memory.prompts.json_scanner import JsonScanner
from agent_memory.prompts.output_deltas import OutputDeltas


class HarmonyCall:
    """Gives arguments out as they are written, as compact JSON.

    opening: what the model wrote in front of the arguments.
    """

    def __init__(
        self, name: str, opening: str, given: OutputDeltas, new_call_id: Callable[[], str]
    ) -> None:
        self._name = name
        self._opening = opening
        self._given = given
        self._new_call_id = new_call_id
        self._scanner = JsonScanner()
        self._written = ""
        self._num_read = 0
        self._is_given = False
        self.is_none = False
        """What stands there is no object."""
        self.is_whole = False
        """The model has written all of it."""

    @property
    def raw(self) -> str:
        """All of it as the model wrote it."""
        return self._opening + self._written

    @property
    def num_held(self) -> int:
        """Characters that are not decided yet."""
        return 0 if self._is_given else len(self._written)

    def feed(self, text: str) -> None:
        self._written += text
        begun = self._written.lstrip()
        if not begun or self.is_none:
            return
        if not self._is_given:
            if begun[0] != "{":
                self.is_none = True
                return
            self._begin()
        if self._scanner.is_complete or self._scanner.is_broken:
            return
        arguments, num_read = self._scanner.feed(self._written[self._num_read :])
        self._num_read += num_read
        if arguments:
            self._given.arguments(arguments)
        self.is_whole = self._scanner.is_complete

    def finish(self, *, is_cut: bool) -> None:
        """The end of the arguments. Brackets that the model forgot are put there, unless it was
        cut off."""
        if not self._is_given:
            self._begin()
            self._given.arguments("{" if is_cut else "{}")
        elif not self._scanner.is_complete:
            closing = None if is_cut or self._scanner.is_broken else self._scanner.close()
            self._given.arguments(self._rest() if closing is None else closing)
        self.is_whole = self.is_whole or not is_cut

    def _begin(self) -> None:
        self._is_given = True
        self._given.call(self._new_call_id(), self._name)

    def _rest(self) -> str:
        return self._scanner.cut() + self._written[self._num_read :]
