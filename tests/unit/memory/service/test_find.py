from agent_memory.errors import Unavailable
from agent_memory.ids import WorkspaceId
from agent_memory.memory.search.recalled import Candidate, Candidates, Embedding, Query
from agent_memory.memory.service.find import Find
from agent_memory.memory.service.marks import Marks
from agent_memory.memory.service.understanding import understood
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.memory import words_first
from tests.unit.memory.made_items import DAY_0, make_item
from tests.unit.memory.service.house import ALPHA

VECTOR = Embedding("made/up/2", (1.0, 0.0))


class AskedSearch:
    """Implements `Search`: always finds the same, and keeps what it was asked."""

    def __init__(self, *found: Candidate, note: str = "") -> None:
        self.asked: list[Query] = []
        self._found = Candidates(found, bool(note), note)

    async def search(self, workspace: WorkspaceId, query: Query) -> Candidates:
        assert workspace == ALPHA
        self.asked.append(query)
        return self._found


class SteadyEmbedder:
    """Implements `Embedder`."""

    async def embed_query(self, workspace: WorkspaceId, text: str) -> Embedding | None:
        del workspace, text
        return VECTOR


class BrokenEmbedder:
    """Implements `Embedder`."""

    async def embed_query(self, workspace: WorkspaceId, text: str) -> Embedding | None:
        del workspace, text
        raise Unavailable("The embedder is down.")


def find_over(search: AskedSearch, embedder: SteadyEmbedder | BrokenEmbedder) -> Find:
    return Find(search, embedder, understood, words_first, Marks(DictMemory()))


async def test_a_question_is_searched_with_its_vector_and_what_it_names() -> None:
    search = AskedSearch()

    await find_over(search, SteadyEmbedder()).find(ALPHA, Query("why does src/pay.py fail?", DAY_0))

    (asked,) = search.asked
    assert asked.embedding == VECTOR
    assert "src/pay.py" in {key.value for key in asked.keys}


async def test_without_an_embedder_words_must_do() -> None:
    search = AskedSearch(Candidate(make_item("by its words"), bm25=1.0))

    found = await find_over(search, BrokenEmbedder()).find(ALPHA, Query("words", DAY_0))

    assert search.asked[0].embedding is None
    assert [one.item.text for one in found.ranked] == ["by its words"]


async def test_what_the_search_could_not_do_is_passed_on() -> None:
    search = AskedSearch(note="time ran out")

    found = await find_over(search, SteadyEmbedder()).find(ALPHA, Query("x", DAY_0))

    assert (found.is_degraded, found.note) == (True, "time ran out")


async def test_each_finding_has_a_name_of_its_own_and_the_question_it_answers() -> None:
    find = find_over(AskedSearch(), SteadyEmbedder())

    one, other = [await find.find(ALPHA, Query("which port?", DAY_0)) for _ in range(2)]

    assert one.recall_id != other.recall_id
    assert one.question == other.question
    assert one.question is not None
