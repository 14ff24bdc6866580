"""The search for candidates: what the arms find, which items it is, what stands around them."""

from agent_memory.errors import StorageUnavailable
from agent_memory.ids import WorkspaceId
from agent_memory.memory.search.recalled import Candidates, Query
from agent_memory.store.database import Database
from agent_memory.store.memory.admitted import Admitted
from agent_memory.store.memory.arms import Arms, Found
from agent_memory.store.memory.filters import is_filtered
from agent_memory.store.memory.lexical_arm import MAX_POSTINGS
from agent_memory.store.pipelined import Pipelined


class SearchStore:
    """Implements `agent_memory.memory.ports.Search`.

    timeout_s: for each statement of the arms; what they found until then is returned as degraded.
    max_postings: read for one question over all threads, the rarest terms first.
    """

    def __init__(
        self, database: Database, timeout_s: float = 2.0, max_postings: int = MAX_POSTINGS
    ) -> None:
        self._database = database
        self._timeout_s = timeout_s
        self._max_postings = max_postings

    async def search(self, workspace: WorkspaceId, query: Query) -> Candidates:
        """The best candidates of every arm, unranked among each other, at most some hundreds.

        Without a vector of the question they are found by words and keys; whoever expected one
        says so.
        """
        arms, note = Arms(), ""

        async def look_up(pipeline: Pipelined) -> None:
            await arms.look_up(pipeline, workspace, query, self._max_postings)

        try:
            async with self._database.pipelined(
                workspace, self._timeout_s, look_up, is_planned_once=not is_filtered(query)
            ) as pipeline:
                await arms.compare(pipeline, workspace, query)
                admitted = await self._read(pipeline, workspace, query, await arms.read(query))
        except TimeoutError:
            note = "time ran out"
            admitted = await self._read_late(workspace, query, await arms.read(query))
        return Candidates(await admitted.candidates(), bool(note), note)

    async def _read(
        self, pipeline: Pipelined, workspace: WorkspaceId, query: Query, found: Found
    ) -> Admitted:
        admitted = Admitted(workspace, query, found)
        while not admitted.are_enough:
            await admitted.read_batch(pipeline)
        return admitted

    async def _read_late(self, workspace: WorkspaceId, query: Query, found: Found) -> Admitted:
        """What was found in time, however long it takes to read."""
        try:
            async with self._database.pipelined(workspace, is_planned_once=False) as pipeline:
                return await self._read(pipeline, workspace, query, found)
        except TimeoutError as error:
            raise StorageUnavailable("The database took too long.") from error
