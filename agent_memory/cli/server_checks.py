"""The doctor's checks of a server before it starts: port, database, model."""

import re
from pathlib import Path

from agent_memory import bundled
from agent_memory.cli.finding import Finding, Outcome, fail, ok
from agent_memory.cli.running import RunningServer
from agent_memory.cli.software_checks import check_import
from agent_memory.device.models.model_choice import BUNDLED
from agent_memory.device.models.model_files import check_model
from agent_memory.errors import AgentMemoryError, Conflict, ModelNotUsable, StorageUnavailable
from agent_memory.host.preflight import check_port_is_free
from agent_memory.settings import Settings
from agent_memory.shown_url import shown_url
from agent_memory.store.probe import probe_database
from agent_memory.store.programs import find_programs

_NOTE = "Chat template: "
_TRY_TEMPLATE = (
    "from pathlib import Path; from agent_memory.device.text.prompter import Prompter; "
    "print(*Prompter.load(Path({!r})).template_notes, sep=chr(10))"
)
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def check_port(settings: Settings, server: RunningServer | None) -> Finding:
    """Free, or used by the server of this very data directory."""
    if server is not None:
        return ok("port", f"in use by the running server, {server.presence.url}")
    try:
        check_port_is_free(settings.host, settings.port)
    except Conflict as error:
        return fail("port", str(error), "Choose another --port, or stop the program there.")
    return ok("port", f"{settings.host}:{settings.port} is free")


def check_database(url: str | None) -> Finding:
    """`DATABASE_URL`, or without it the embedded PostgreSQL."""
    return _check_embedded() if url is None else _check_given(url)


def check_chosen_model(model: str) -> Finding:
    """The files of `tiny` or of a folder; a hub id is not looked up, for that needs the network."""
    folder = bundled.path() if model == BUNDLED else Path(model).expanduser()
    if not folder.exists() and HUB_ID.fullmatch(model):
        return ok("model", f"{model}, from the hub (downloaded at its first start)")
    try:
        check_model(folder)
    except ModelNotUsable as error:
        remedy = "Give --model a folder with a whole model, a hub id, or 'tiny'."
        return fail("model", str(error), remedy)
    return ok("model", f"{model}, {folder}")


def check_template(model: str) -> Finding:
    """What the chat template of a model in a folder cannot take, and what is rendered instead.

    A child tries it: this process knows no tokenizers. `tiny` and hub ids are not looked into.
    """
    folder = Path(model).expanduser()
    if model == BUNDLED or not folder.is_dir():
        return ok("template", "not tried (only that of a model in a folder is)")
    finding = check_import("template", _TRY_TEMPLATE.format(str(folder)))
    if finding.outcome is Outcome.FAIL:
        return fail("template", finding.detail, "Get the model's tokenizer files again.")
    notes = [note.removeprefix(_NOTE) for note in finding.detail.splitlines()]
    is_taken = finding.detail == "loads"
    return ok("template", "takes conversations as they come" if is_taken else " ".join(notes))


def _check_embedded() -> Finding:
    try:
        programs = find_programs()
    except StorageUnavailable as error:
        return fail("database", str(error), "Set DATABASE_URL to a PostgreSQL of your own.")
    return ok("database", f"embedded PostgreSQL, {programs}")


def _check_given(url: str) -> Finding:
    shown = shown_url(url)
    try:
        facts = probe_database(url)
    except AgentMemoryError as error:
        return fail("database", f"{shown}: {error}", "Start that PostgreSQL, or fix DATABASE_URL.")
    if facts.vector_version is None:
        return fail(
            "database",
            f"PostgreSQL {facts.version} at {shown} has no pgvector",
            f"apt-get install postgresql-{facts.version.partition('.')[0]}-pgvector there.",
        )
    return ok("database", f"PostgreSQL {facts.version}, pgvector {facts.vector_version}, {shown}")
