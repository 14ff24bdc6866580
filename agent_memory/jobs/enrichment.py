"""The job that has a language model look for statements in what was remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_memory.errors import InvalidRequest
from agent_memory.ids import MaterialId, WorkspaceId
from agent_memory.jobs.forms import STRICT
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.memory.enrichment import ChatPrompt, enrichment_prompts, read_enrichment
from agent_memory.memory.items.ingestion import Remembered
from agent_memory.memory.items.item import Draft, Material


@dataclass(frozen=True, slots=True)
class EnrichArgs:
    """Which raw text."""

    __pydantic_config__ = STRICT

    material_id: str


class ChatModel(Protocol):
    """A chat endpoint."""

    @property
    def name(self) -> str:
        """Of the model that answers."""
        ...

    async def ask(self, prompt: ChatPrompt) -> str:
        """The text of the answer; `EnricherUnavailable` when none can be had now."""
        ...


class Materials(Protocol):
    async def get_material(
        self, workspace: WorkspaceId, material: MaterialId
    ) -> tuple[Material, Sequence[str]]: ...


class Drafts(Protocol):
    async def add_drafts(
        self, workspace: WorkspaceId, material: MaterialId, drafts: Sequence[Draft]
    ) -> Remembered:
        """Add items to a text that is stored; those that are known are not added again."""
        ...


class Enrich:
    """Asks about one text. Run again, it adds nothing that is there."""

    def __init__(self, materials: Materials, drafts: Drafts, model: ChatModel) -> None:
        self._materials = materials
        self._drafts = drafts
        self._model = model

    async def do(self, run: JobRun, workspace: WorkspaceId, args: EnrichArgs) -> Outcome:
        """An answer that cannot be read fails the attempt: another may be better."""
        del run
        material_id = MaterialId(args.material_id)
        material, _ = await self._materials.get_material(workspace, material_id)
        drafts: list[Draft] = []
        num_unfounded = 0
        for prompt in enrichment_prompts(material):
            found = read_enrichment(await self._ask(prompt), material, self._model.name)
            drafts += found.drafts
            num_unfounded += found.num_unfounded
        remembered = await self._drafts.add_drafts(workspace, material_id, drafts)
        return {
            "model": self._model.name,
            "num_added": len(remembered.added),
            "num_known": remembered.num_known,
            "num_unfounded": num_unfounded,
        }

    async def _ask(self, prompt: ChatPrompt) -> str:
        answer = await self._model.ask(prompt)
        if not answer.strip():
            raise InvalidRequest("The enricher's answer is empty.")
        return answer
