"""An index over the vectors of a workspace that has very many."""

from typing import Protocol

from agent_memory.ids import WorkspaceId
from agent_memory.jobs.forms import NoArgs
from agent_memory.jobs.ports import Vectors
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.memory.vectors.stored_space import SpaceState


class VectorIndexes(Protocol):
    async def ensure_index(self, workspace: WorkspaceId, space_id: str) -> bool:
        """Build the index if there are vectors enough for one; whether it is there now."""
        ...


class IndexVectors:
    """The job that sees to it that the space which serves has an index once it needs one."""

    def __init__(self, vectors: Vectors, indexes: VectorIndexes) -> None:
        self._vectors = vectors
        self._indexes = indexes

    async def do(self, run: JobRun, workspace: WorkspaceId, args: NoArgs) -> Outcome:
        del run, args
        for space in await self._vectors.list_spaces(workspace):
            if space.state is SpaceState.SERVING:
                is_indexed = await self._indexes.ensure_index(workspace, space.space_id)
                return {
                    "space_id": space.space_id,
                    "num_vectors": space.num_vectors,
                    "is_indexed": is_indexed,
                }
        return {"note": "There are no vectors."}
