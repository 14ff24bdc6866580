"""A question as the search takes it."""

from dataclasses import replace

from agent_memory.memory.search.keys import find_keys
from agent_memory.memory.search.recalled import Query
from agent_memory.memory.search.search_words import search_words


def understood(query: Query) -> Query:
    """With the words that stand for it, and the files, tests, symbols and failures it names."""
    keys = dict.fromkeys((*query.keys, *find_keys(query.text)))
    return replace(query, text=search_words(query.text) or query.text, keys=tuple(keys))
