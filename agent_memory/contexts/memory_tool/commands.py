"""Commands of the memory tool (`memory_20250818`), read from the arguments of a call."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agent_memory.contexts.memory_tool.problem import ToolProblem


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class View(_Command):
    """view_range: first and last line, counted from 1; -1 is the end."""

    command: Literal["view"]
    path: str
    view_range: tuple[int, int] | None = None


class Create(_Command):
    command: Literal["create"]
    path: str
    file_text: str


class StrReplace(_Command):
    command: Literal["str_replace"]
    path: str
    old_str: str
    new_str: str = ""


class Insert(_Command):
    """insert_line: after this line; 0 is the beginning."""

    command: Literal["insert"]
    path: str
    insert_line: int
    insert_text: str


class Delete(_Command):
    command: Literal["delete"]
    path: str


class Rename(_Command):
    command: Literal["rename"]
    old_path: str
    new_path: str


Command = View | Create | StrReplace | Insert | Delete | Rename
_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="command")])


def read_command(arguments: str) -> Command:
    """The command in the JSON text of a call; `ToolProblem` for what is none."""
    try:
        return _COMMANDS.validate_json(arguments.strip() or "{}")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"][1:]))
        said = f"{where}: {first['msg']}" if where else first["msg"]
        raise ToolProblem(f"The command is not valid. {said}") from error
