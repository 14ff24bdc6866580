"""All of memory without a database."""

from datetime import UTC, datetime

from agent_memory.ids import WorkspaceId
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.search.recalled import Candidates, Query, Recalled
from agent_memory.memory.service.composition import Stores, World, compose
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.service.ranker import Ranked
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.testing.dict_changes import DictChanges
from agent_memory.testing.dict_consolidations import DictConsolidations
from agent_memory.testing.dict_erasure import DictErasure
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.dict_search import DictSearch
from agent_memory.testing.dict_stores import DefaultWeights, DictPolicies, ListedJobs, NoExperience
from agent_memory.testing.dict_threads import DictThreads
from agent_memory.testing.dict_verdicts import DictVerdicts, ListedImpressions


class WordCounter:
    """Implements `TokenCounter`: a token is a word."""

    def count(self, text: str) -> int:
        return len(text.split())


async def word_tokens() -> TokenCounter:
    return WordCounter()


async def words_first(workspace: WorkspaceId, query: Query, candidates: Candidates) -> Ranked:
    """Implements `Rank`: by words in common, then by keys."""
    del workspace, query
    return Ranked(
        tuple(
            Recalled(found.item, found.bm25 + found.num_shared_keys, {"bm25": found.bm25})
            for found in candidates.found
        )
    )


def dict_stores(
    memory: DictMemory | None = None,
    jobs: ListedJobs | None = None,
    impressions: ListedImpressions | None = None,
) -> Stores:
    """All stores of memory, in dictionaries: they pass the tests of those over PostgreSQL."""
    memory = memory or DictMemory()
    impressions = impressions or ListedImpressions()
    return Stores(
        ingestion=memory,
        search=DictSearch(memory),
        reading=memory,
        messages=memory,
        changes=DictChanges(memory),
        erasure=DictErasure(memory),
        threads=DictThreads(memory),
        policies=DictPolicies(),
        consolidations=DictConsolidations(memory),
        verdicts=DictVerdicts(memory, impressions),
        weights=DefaultWeights(),
        impressions=impressions,
        experience=NoExperience(),
        jobs=jobs or ListedJobs(),
    )


def dict_memory(memory: DictMemory | None = None, jobs: ListedJobs | None = None) -> Memory:
    """All of memory over dictionaries."""
    words = WordsOnly()
    world = World(words, words, word_tokens, lambda: datetime.now(UTC), words_first)
    return compose(dict_stores(memory, jobs), world)
