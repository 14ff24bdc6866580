"""`agent-memory models`: which model of a running server is loaded."""

from typing import Annotated, Any

import typer

from agent_memory.cli.agent_client import AgentClient
from agent_memory.cli.aliases import alias, aliases, unalias
from agent_memory.cli.endpoint import Key, Url, server_client
from agent_memory.cli.options import AsJson, DataDir
from agent_memory.cli.output import console, print_json, print_table

app = typer.Typer(no_args_is_help=True)
app.command()(alias)
app.command()(aliases)
app.command()(unalias)

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="Its id from `models list`, or the part after the last slash."
    ),
]
Grace = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=3600,
        help="Seconds that running turns have to end (default: those of the setting "
        "DRAIN_GRACE_S).",
        show_default=False,
    ),
]


@app.command(name="list")
def list_models(
    data_dir: DataDir = None, url: Url = None, key: Key = None, as_json: AsJson = False
) -> None:
    """List the models that a running server may load, the loaded one first."""
    with server_client(data_dir, url, key) as http:
        models = AgentClient(http).models()
    if as_json:
        print_json(models)
        return
    print_table(("MODEL", "STATE", "CONTEXT", "WEIGHTS", "KV"), [_row(model) for model in models])
    for model in models:
        if model.get("error"):
            console().print(f"{model['id']}: {model['error']}", soft_wrap=True)


@app.command()
def load(
    model: Model,
    grace: Grace = None,
    data_dir: DataDir = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Load a model in place of the loaded one.

    Running turns have time to end, those that come meanwhile wait. When the model cannot be loaded,
    the former one serves again.
    """
    with server_client(data_dir, url, key, None) as http:
        loaded = AgentClient(http).load_model(model, grace)
    _tell(loaded, "Loaded: {id} answers now.", as_json=as_json)


@app.command()
def offload(
    model: Model,
    grace: Grace = None,
    data_dir: DataDir = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Free the memory of the loaded model. Sessions and the KV on disk stay.

    Turns are refused until a model is loaded.
    """
    with server_client(data_dir, url, key, None) as http:
        gone = AgentClient(http).offload_model(model, grace)
    _tell(gone, "Offloaded: {id} can be loaded again.", as_json=as_json)


def _row(model: dict[str, Any]) -> tuple[str, ...]:
    form = model["format"]
    cells = (
        model["id"],
        model["state"],
        model["context_window"],
        form["weights"],
        form["kv"],
    )
    return tuple("" if cell is None else str(cell) for cell in cells)


def _tell(model: dict[str, Any], line: str, *, as_json: bool) -> None:
    if as_json:
        print_json(model)
        return
    console().print(line.format(**model), soft_wrap=True)
