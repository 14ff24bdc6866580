"""`agent-memory recall-batch`: a file of questions, in parallel over the memory actors."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from agent_memory.api.json_body import parse_body
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.memory.recall import RecallBody
from agent_memory.api.translators.memory_recall import recall_json, recall_request
from agent_memory.cli.batch import PER_ACTOR, Told, run_on_pool, spread
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json
from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.ids import WorkspaceId
from agent_memory.memory.importing.encodings import decoded
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from agent_memory.actors.memory_handle import MemoryPool

app = typer.Typer(add_completion=False)


@app.command(name="recall-batch")
def recall_batch(
    questions: Annotated[
        Path, typer.Argument(help="JSON lines, each a body of POST /v1/recall; `id` is passed on.")
    ],
    out: Annotated[Path, typer.Option(help="File for the answers, one a line, in any order.")],
    num_actors: Annotated[
        int | None, typer.Option("--actors", min=1, max=256, help="Size of the pool.")
    ] = None,
    workspace: Annotated[str, typer.Option(help="Workspace of the memory.")] = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Answer a file of questions in parallel. Questions that OUT answers already are skipped."""
    settings = load_settings(data_dir=data_dir)
    if not questions.is_file():
        raise NotFound("file of questions", str(questions))
    answered = _answered(out)
    asked = [(number, body) for number, body in _questions(questions) if number not in answered]

    async def work(pool: "MemoryPool") -> int:
        told = Told("questions answered")
        with out.open("ab") as answers:

            async def ask(question: tuple[int, dict[str, Any]]) -> None:
                number, fields = question
                name = fields.pop("id", None)
                body = parse_body(orjson.dumps(fields), RecallBody, Limits())
                result = await pool.recall(WorkspaceId(workspace), recall_request(body))
                answer = {
                    "line": number,
                    "id": name,
                    "purpose": body.purpose,
                    **recall_json(result, body.token_budget),
                }
                answers.write(orjson.dumps(answer) + b"\n")
                answers.flush()

            await spread(asked, ask, pool.num_actors * PER_ACTOR, told)
        told.tell()
        return told.num_done

    num_asked = run_on_pool(settings, workspace, num_actors, work)
    if as_json:
        print_json({"answered": num_asked, "answered_before": len(answered), "out": str(out)})
        return
    console().print(f"{num_asked} questions answered, {len(answered)} before, in {out}.")


def _questions(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(decoded(path.read_bytes()).split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InvalidRequest(f"{path}, line {number}: {error}.") from error
        if not isinstance(fields, dict):
            raise InvalidRequest(f"{path}, line {number}: an object was expected.")
        yield number, fields


def _answered(out: Path) -> set[int]:
    """The lines that have an answer. What a kill cut off at the end of the file is dropped."""
    if not out.exists():
        return set()
    raw = out.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) < len(raw):
        out.write_bytes(whole)
    return {orjson.loads(line)["line"] for line in whole.splitlines() if line.strip()}
