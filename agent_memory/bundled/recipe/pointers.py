"""Where in a dialogue each copied word of a reply comes from, and what must be read for it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent_memory.bundled.recipe.dialogues import Call, Message, Probe
from agent_memory.bundled.recipe.rendering import END, Piece
from agent_memory.bundled.recipe.slots import UNKNOWN
from agent_memory.bundled.recipe.tools import Json

LISTED = re.compile(r'{"description":"(.*?)","name":"(.*?)"')
TYPED = '"type":"'
WRITTEN, GIVEN = '"name": "', '"arguments":'
PROPERTIES = '"properties'
NUM_TOKENS_NAMED = 3
ASKED = "user\n"
NOWHERE = 0
WORD = re.compile("[A-Za-z]+")
PART = re.compile("[A-Z]?[a-z]+|[A-Z]+")


@dataclass(frozen=True, slots=True)
class Source:
    """The token that a text begins with which is copied, whether the one before it is a space,
    those of the spaces in it, and the one behind the text."""

    index: int
    follows_space: bool
    spaces: tuple[int | None, ...]
    behind: int | None


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call, and where its name begins in the reply's text and the listing's."""

    name: str
    value: Json
    written: int
    listed: int


@dataclass(frozen=True, slots=True)
class Called:
    """A call: where its name begins in the reply's text, how its tool is listed, and where the
    words of the request end that only this tool, of all on offer, has in its description or its
    name."""

    written: int
    listed: re.Match[str]
    arguments: tuple[Argument, ...]
    telling: tuple[int, ...]

    @property
    def told(self) -> tuple[int, int] | None:
        """The begin and the end of the tokens among which those words end, if there are any."""
        return (self.telling[0], self.telling[-1] + 1) if self.telling else None


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece and the index in the row of every token of it, by the character it begins with."""

    piece: Piece
    indices: dict[int, int]

    def find(self, text: str, begin: int = 0) -> int | None:
        """The token with which `text` begins, of its first place that begins with a token."""
        source = self.source(text, begin)
        return None if source is None else source.index

    def source(self, text: str, begin: int = 0) -> Source | None:
        """The same, with what comes before and behind it."""
        place = self.piece.text.find(text, begin)
        while place >= 0:
            end = place + len(text)
            if place in self.indices and self._ends_a_token(end):
                follows_space = self.piece.text[place - 1 : place] == " "
                spaces = self.spaces(place, text)
                return Source(self.indices[place], follows_space, spaces, self.indices.get(end))
            place = self.piece.text.find(text, place + 1)
        return None

    def spaces(self, begin: int, text: str) -> tuple[int | None, ...]:
        """The tokens of the spaces in `text`, which stands there."""
        places = (begin + at for at, character in enumerate(text) if character == " ")
        return tuple(self.indices.get(place) for place in places)

    def last_token(self, begin: int, end: int) -> int | None:
        """The last token of the word at [begin, end); one that is all of it has its space too."""
        places = (place for place in range(end - 1, begin - 2, -1) if place in self.indices)
        return next((self.indices[place] for place in places), None)

    def _ends_a_token(self, place: int) -> bool:
        return place == len(self.piece.text) or place in self.indices


def called(placed: Sequence[Placed]) -> tuple[Called, ...]:
    """The calls that the last piece makes."""
    message = placed[-1].piece.message
    if message is None or not message.calls:
        return ()
    return tuple(_called(placed[0], placed[-3], placed[-1], message.calls))


def pointers(placed: Sequence[Placed], calls: Sequence[Called]) -> Iterator[tuple[int, int]]:
    """For the last piece, a reply: pairs of a token and the earlier one that it is copied from.

    What stands for a value that was not told leads to the first token of all.
    """
    message = placed[-1].piece.message
    if message is None:
        return
    if message.probe is Probe.NOT_TOLD:
        found = _of_nothing(placed[-1])
    else:
        found = _of_calls(placed, calls) if calls else _of_values(placed, message)
    for target, source in found:
        if target is not None and source is not None:
            yield target, source


def gatherings(placed: Sequence[Placed], calls: Sequence[Called]) -> Iterator[tuple[int, int, int]]:
    """For the last piece: a token, and the begin and the end of the tokens that bear on it.

    These are the description of a tool for its name in the listing, the words of the request that
    tell the tool for the token before a reply that calls it and for the one before its name, what
    opens its parameters for the token before the arguments, which are none if there are none, and
    the type of a parameter for the token after its name, where a string begins with a mark and a
    number does not.
    """
    last = placed[-1]
    if len(placed) == 1:
        yield from _of_listing(last)
    if calls and (told := calls[0].told) is not None:
        yield last.indices[0] - 1, *told
    for call in calls:
        yield from _of_request(placed[-3], last, call)
        yield from _of_parameters(placed[0], last, call)
        yield from _of_types(placed[0], last, call)


def matchings(placed: Sequence[Placed], calls: Sequence[Called]) -> Iterator[tuple[int, int, int]]:
    """For the last piece: a token of the request, and the begin and the end of a tool.

    The token ends a word that tells this tool, so that one who meets the word in the tool's
    description or name knows which tool is meant.
    """
    for call in calls:
        begin = placed[0].indices.get(call.listed.start(1))
        end = placed[0].indices.get(call.listed.end(2))
        if begin is not None and end is not None:
            for token in call.telling:
                yield token, begin, end


def _of_request(request: Placed, reply: Placed, call: Called) -> Iterator[tuple[int, int, int]]:
    named, text = reply.indices.get(call.written), request.piece.text
    begin, end = call.told or (
        request.indices.get(text.index(ASKED) + len(ASKED)),
        request.indices.get(text.index(END)),
    )
    if named is not None and begin is not None and end is not None:
        yield named - 1, begin, end


def _of_parameters(listing: Placed, reply: Placed, call: Called) -> Iterator[tuple[int, int, int]]:
    text, named = listing.piece.text, call.listed.start(2)
    line_end = text.find("\n", named)
    place = text.find(PROPERTIES, named, line_end if line_end >= 0 else len(text))
    if place < 0:
        return
    first = listing.indices.get(place + len(PROPERTIES))
    given = reply.indices.get(reply.piece.text.index(GIVEN, call.written) + len(GIVEN))
    if first is not None and given is not None:
        yield given - 1, first, first + 1


def _of_types(listing: Placed, reply: Placed, call: Called) -> Iterator[tuple[int, int, int]]:
    for argument in call.arguments:
        typed = listing.piece.text.index(TYPED, argument.listed) + len(TYPED)
        begin = listing.indices.get(typed)
        value = reply.indices.get(argument.written + len(f'{argument.name}":'))
        if begin is not None and value is not None:
            yield value - 1, begin, begin + 1


def _of_listing(listing: Placed) -> Iterator[tuple[int, int, int]]:
    for tool in LISTED.finditer(listing.piece.text):
        begin, named = listing.indices.get(tool.start(1)), listing.indices.get(tool.start(2))
        if begin is not None and named is not None:
            yield named, begin, named - NUM_TOKENS_NAMED


def _of_nothing(reply: Placed) -> Iterator[tuple[int | None, int | None]]:
    for unknown in UNKNOWN:
        place = reply.piece.text.find(f" {unknown} you have not told me")
        if place >= 0:
            yield reply.indices.get(place), NOWHERE


def _of_values(
    placed: Sequence[Placed], message: Message
) -> Iterator[tuple[int | None, int | None]]:
    """The values, and the spaces before them: there it shows whether there is a value."""
    reply, begin = placed[-1], 0
    text = reply.piece.text
    for value in message.told:
        place = text.find(value, begin)
        target, source = reply.find(value, begin), _latest(placed[:-1], value, text[begin:place])
        if target is not None and source is not None:
            yield target, source.index
            if source.follows_space and reply.indices.get(place - 1) == target - 1:
                yield target - 1, source.index - 1
        begin = place + len(value)


def _of_calls(
    placed: Sequence[Placed], calls: Sequence[Called]
) -> Iterator[tuple[int | None, int | None]]:
    reply, listing, request = placed[-1], placed[0], placed[-3]
    for call in calls:
        yield reply.indices.get(call.written), listing.indices.get(call.listed.start(2))
        for argument in call.arguments:
            yield reply.indices.get(argument.written), listing.indices.get(argument.listed)
            value = argument.value
            place = argument.written + len(f'{argument.name}": ') + isinstance(value, str)
            said = value if isinstance(value, str) else json.dumps(value)
            source = request.source(said)
            if source is not None:
                yield reply.indices.get(place), source.index
                # A value of several words goes on where one of a single word is over.
                yield from zip(reply.spaces(place, said), source.spaces, strict=True)
                # It tells that the value is over, and whether another one follows.
                yield reply.indices.get(place + len(said)), source.behind


def _called(
    listing: Placed, request: Placed, reply: Placed, calls: Sequence[Call]
) -> Iterator[Called]:
    tools = {tool[2]: tool for tool in LISTED.finditer(listing.piece.text)}
    words = {name: _words(tool) for name, tool in tools.items()}
    place = 0
    for call in calls:
        place = named = reply.piece.text.index(WRITTEN, place) + len(WRITTEN)
        listed = tools[call.name]
        arguments = []
        for name, value in call.arguments.items():
            place = reply.piece.text.index(f'"{name}": ', place) + 1
            described = listing.piece.text.index(f'"{name}":{{', listed.start(2)) + 1
            arguments.append(Argument(name, value, place, described))
        others = (words[name] for name in tools if name != call.name)
        telling = _ends(request, words[call.name].difference(*others))
        yield Called(named, listed, tuple(arguments), telling)


def _words(tool: re.Match[str]) -> set[str]:
    """The words of a tool's description and its name."""
    return {part.lower() for part in PART.findall(tool.string, tool.start(1), tool.end(2))}


def _ends(request: Placed, words: set[str]) -> tuple[int, ...]:
    """The last tokens of these words in the request."""
    text = request.piece.text
    found = WORD.finditer(text, text.index(ASKED) + len(ASKED), text.index(END))
    tokens = (request.last_token(*word.span()) for word in found if word.group().lower() in words)
    return tuple(token for token in tokens if token is not None)


def _latest(placed: Sequence[Placed], value: str, before: str) -> Source | None:
    """The value where the model has said it last in the same words, else where others have.

    What it has said itself it finds again by the words before it, whatever the phrasing in which
    it was told.
    """
    *_, clause = before.rsplit(": ", 1)[-1].rsplit(" and ", 1)
    stated = clause.strip()[1:] + " "
    said = [item for item in reversed(placed) if item.piece.is_reply]
    heard = [item for item in reversed(placed) if not item.piece.is_reply]
    for item in said:
        place = item.piece.text.find(stated + value)
        if place >= 0 and (source := item.source(value, place + len(stated))) is not None:
            return source
    return next((source for item in heard if (source := item.source(value)) is not None), None)
