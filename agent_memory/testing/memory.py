"""All of memory without a database."""

from datetime import UTC, datetime

from agent_memory.ids import WorkspaceId
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.search.recalled import Candidates, Query, Recalled
from agent_memory.memory.service.composition import Stores, World, compose
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.service.ranker import Ranked
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.dict_stores import (
    DefaultWeights,
    DictConsolidations,
    DictPolicies,
    DictThreads,
    DictVerdicts,
    ListedImpressions,
    ListedJobs,
    NoExperience,
)


class WordCounter:
    """Implements `TokenCounter`: a token is a word."""

    def count(self, text: str) -> int:
        return len(text.split())


async def word_tokens() -> TokenCounter:
    return WordCounter()


async def words_first(workspace: WorkspaceId, query: Query, candidates: Candidates) -> Ranked:
    """Meets `Rank`: by words in common, then by keys."""
    del workspace, query
    return Ranked(
        tuple(
            Recalled(found.item, found.bm25 + found.num_shared_keys, {"bm25": found.bm25})
            for found in candidates.found
        )
    )


def dict_memory(memory: DictMemory | None = None, jobs: ListedJobs | None = None) -> Memory:
    """All of memory over dictionaries."""
    memory = memory or DictMemory()
    words = WordsOnly()
    stores = Stores(
        ingestion=memory,
        search=memory,
        reading=memory,
        messages=memory,
        changes=memory,
        erasure=memory,
        threads=DictThreads(memory),
        policies=DictPolicies(),
        consolidations=DictConsolidations(memory),
        verdicts=DictVerdicts(memory),
        weights=DefaultWeights(),
        impressions=ListedImpressions(),
        experience=NoExperience(),
        jobs=jobs or ListedJobs(),
    )
    return compose(stores, World(words, words, word_tokens, lambda: datetime.now(UTC), words_first))
