"""Options that several commands share, and the settings they lead to."""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from agent_memory.errors import InvalidRequest
from agent_memory.settings import Settings

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="Where all state lives (default: ~/.agent_memory).", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def load_settings(**given: Any) -> Settings:
    """The settings in force: what the command line gives, else the environment, else defaults.

    An option that was not given is None. Raises `InvalidRequest` that names the bad setting.
    """
    named = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**named)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(
            f"The setting '{name}' is not usable: {first['msg']}.", name
        ) from error
