"""Raw texts from which something was erased."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent_memory.ids import MaterialId, WorkspaceId
from agent_memory.memory.items.item import Span
from agent_memory.store.safe_text import escape, unescape
from agent_memory.store.transaction import Transaction

_BLANK = "\N{FULL BLOCK}"


@dataclass(frozen=True, slots=True)
class _TextRow:
    material_id: MaterialId
    text: str


@dataclass(frozen=True, slots=True)
class _IdRow:
    material_id: MaterialId


def blank_out(text: str, spans: Iterable[Span]) -> str:
    """`text` without what stands in the spans; every other span still fits."""
    for span in spans:
        gone = text[span.begin : span.end]
        text = text[: span.begin] + _BLANK * len(gone) + text[span.end :]
    return text


async def forget_in_materials(
    transaction: Transaction,
    workspace: WorkspaceId,
    spans: Mapping[MaterialId, Sequence[Span]],
) -> int:
    """Delete the materials of which no item is left, and say how many; blank the spans in the
    others. What was blanked can be remembered again: its hash is no longer that of the text."""
    deleted = await transaction.fetch_all(
        "delete_empty_materials", _IdRow, workspace_id=workspace, material_ids=list(spans)
    )
    left = set(spans) - {row.material_id for row in deleted}
    if left:
        await _blank(transaction, workspace, {material: spans[material] for material in left})
    return len(deleted)


async def _blank(
    transaction: Transaction,
    workspace: WorkspaceId,
    spans: Mapping[MaterialId, Sequence[Span]],
) -> None:
    rows = await transaction.fetch_all(
        "get_material_texts", _TextRow, workspace_id=workspace, material_ids=list(spans)
    )
    texts = [escape(blank_out(unescape(row.text), spans[row.material_id])) for row in rows]
    await transaction.run(
        "rewrite_materials",
        workspace_id=workspace,
        material_ids=[row.material_id for row in rows],
        texts=texts,
        content_hashes=[f"blanked {row.material_id}" for row in rows],
    )
