"""Where in a dialogue each copied word of a reply comes from, and what must be read for it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent_memory.bundled.recipe.dialogues import Call, Message, Probe
from agent_memory.bundled.recipe.rendering import END, Piece
from agent_memory.bundled.recipe.slots import UNKNOWN
from agent_memory.bundled.recipe.tools import Json

DESCRIBED, NAMED, TYPED = '{"description":"', '","name":"', '"type":"'
WRITTEN, GIVEN = '"name": "', '"arguments":'
PROPERTIES = '"properties'
NUM_TOKENS_NAMED = 3
ASKED = "user\n"
NOWHERE = 0
WORD = re.compile("[A-Za-z]+")
PART = re.compile("[A-Z]?[a-z]+|[A-Z]+")


@dataclass(frozen=True, slots=True)
class Source:
    """The token that a text begins with which is copied, whether the one before it is a space, and
    the one behind the text."""

    index: int
    follows_space: bool
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
    """A call, and where its name begins in the reply's text and the listing's."""

    written: int
    listed: int
    arguments: tuple[Argument, ...]


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
                return Source(self.indices[place], follows_space, self.indices.get(end))
            place = self.piece.text.find(text, place + 1)
        return None

    def last_token(self, begin: int, end: int) -> int | None:
        """The last token of the word at [begin, end); one that is all of it has its space too."""
        places = (place for place in range(end - 1, begin - 2, -1) if place in self.indices)
        return next((self.indices[place] for place in places), None)

    def _ends_a_token(self, place: int) -> bool:
        return place == len(self.piece.text) or place in self.indices


def pointers(placed: Sequence[Placed]) -> Iterator[tuple[int, int]]:
    """For the last piece, a reply: pairs of a token and the earlier one that it is copied from.

    What stands for a value that was not told leads to the first token of all.
    """
    message = placed[-1].piece.message
    if message is None:
        return
    if message.probe is Probe.NOT_TOLD:
        found = _of_nothing(placed[-1])
    else:
        found = _of_calls(placed, message) if message.calls else _of_values(placed, message)
    for target, source in found:
        if target is not None and source is not None:
            yield target, source


def gatherings(placed: Sequence[Placed]) -> Iterator[tuple[int, int, int]]:
    """For the last piece: a token, and the begin and the end of the tokens that bear on it.

    These are the description of a tool for its name in the listing, the words of the request that
    tell the tool for the token before the name of a tool that is called, what opens its parameters
    for the token before the arguments, which are none if there are none, and the type of a
    parameter for the token after its name, where a string begins with a mark and a number does not.
    """
    last = placed[-1]
    if len(placed) == 1:
        yield from _of_listing(last)
    message = last.piece.message
    if message is None or not message.calls:
        return
    listing, request = placed[0], placed[-3]
    asked = request.piece.text
    begin = request.indices.get(asked.index(ASKED) + len(ASKED))
    end = request.indices.get(asked.index(END))
    for called in _called(listing, last, message.calls):
        named = last.indices.get(called.written)
        telling = _telling(listing, request, called)
        if named is not None and telling:
            yield named - 1, telling[0], telling[-1] + 1
        elif named is not None and begin is not None and end is not None:
            yield named - 1, begin, end
        yield from _of_parameters(listing, last, called)
    yield from _of_types(listing, last, message.calls)


def matchings(placed: Sequence[Placed]) -> Iterator[tuple[int, int, int]]:
    """For the last piece, a call: a token of the request, and the begin and the end of a tool.

    The token ends a word that tells this tool, so that one who meets the word in the tool's
    description or name knows which tool is meant.
    """
    message = placed[-1].piece.message
    if message is None or not message.calls:
        return
    listing, request = placed[0], placed[-3]
    for called in _called(listing, placed[-1], message.calls):
        line, name = _line(listing, called.listed)
        begin = listing.indices.get(line + len(DESCRIBED))
        end = listing.indices.get(called.listed + len(name))
        if begin is not None and end is not None:
            for token in _telling(listing, request, called):
                yield token, begin, end


def _of_parameters(
    listing: Placed, reply: Placed, called: Called
) -> Iterator[tuple[int, int, int]]:
    text = listing.piece.text
    line_end = text.find("\n", called.listed)
    place = text.find(PROPERTIES, called.listed, line_end if line_end >= 0 else len(text))
    if place < 0:
        return
    first = listing.indices.get(place + len(PROPERTIES))
    given = reply.indices.get(reply.piece.text.index(GIVEN, called.written) + len(GIVEN))
    if first is not None and given is not None:
        yield given - 1, first, first + 1


def _telling(listing: Placed, request: Placed, called: Called) -> list[int]:
    """Where the words of the request end that only this tool, of all on offer, has in its
    description or its name."""
    own, _ = _line(listing, called.listed)
    lines: dict[int, set[str]] = {}
    for named in re.finditer(NAMED, listing.piece.text):
        line, name = _line(listing, named.end())
        told = listing.piece.text[line + len(DESCRIBED) : named.end() + len(name)]
        lines[line] = {part.lower() for part in PART.findall(told)}
    words = lines[own].difference(*(lines[line] for line in lines if line != own))
    text = request.piece.text
    found = WORD.finditer(text, text.index(ASKED) + len(ASKED), text.index(END))
    tokens = (request.last_token(*word.span()) for word in found if word.group().lower() in words)
    return [token for token in tokens if token is not None]


def _line(listing: Placed, named: int) -> tuple[int, str]:
    """Where the line of the tool begins whose name begins here, and its name."""
    text = listing.piece.text
    return text.rindex(DESCRIBED, 0, named), text[named : text.index('"', named)]


def _of_types(
    listing: Placed, reply: Placed, calls: Sequence[Call]
) -> Iterator[tuple[int, int, int]]:
    arguments = (each for called in _called(listing, reply, calls) for each in called.arguments)
    for argument in arguments:
        typed = listing.piece.text.index(TYPED, argument.listed) + len(TYPED)
        begin = listing.indices.get(typed)
        value = reply.indices.get(argument.written + len(f'{argument.name}":'))
        if begin is not None and value is not None:
            yield value - 1, begin, begin + 1


def _of_listing(listing: Placed) -> Iterator[tuple[int, int, int]]:
    place, text = 0, listing.piece.text
    while (place := text.find(DESCRIBED, place)) >= 0:
        begin = listing.indices.get(place + len(DESCRIBED))
        place = text.index(NAMED, place) + len(NAMED)
        named = listing.indices.get(place)
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
    placed: Sequence[Placed], message: Message
) -> Iterator[tuple[int | None, int | None]]:
    reply, listing, request = placed[-1], placed[0], placed[-3]
    for called in _called(listing, reply, message.calls):
        yield reply.indices.get(called.written), listing.indices.get(called.listed)
        for argument in called.arguments:
            yield reply.indices.get(argument.written), listing.indices.get(argument.listed)
            value = argument.value
            place = argument.written + len(f'{argument.name}": ') + isinstance(value, str)
            said = value if isinstance(value, str) else json.dumps(value)
            source = request.source(said)
            if source is not None:
                yield reply.indices.get(place), source.index
                # It tells that the value is over, and whether another one follows.
                yield reply.indices.get(place + len(said)), source.behind


def _called(listing: Placed, reply: Placed, calls: Sequence[Call]) -> Iterator[Called]:
    place = 0
    for call in calls:
        place = named = reply.piece.text.index(WRITTEN, place) + len(WRITTEN)
        listed = listing.piece.text.index(f'"name":"{call.name}"') + len('"name":"')
        arguments = []
        for name, value in call.arguments.items():
            place = reply.piece.text.index(f'"{name}": ', place) + 1
            described = listing.piece.text.index(f'"{name}":{{', listed) + 1
            arguments.append(Argument(name, value, place, described))
        yield Called(named, listed, tuple(arguments))


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
