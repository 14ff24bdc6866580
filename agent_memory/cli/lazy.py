"""Commands whose modules are imported when they are chosen, not before."""

from importlib import import_module
from typing import Any

from typer.core import TyperCommand
from typer.main import get_command


class LazyCommand(TyperCommand):
    """The name and one line of help of a command that lives in another module as `app`.

    `serve` needs Ray, whose import alone takes longer than a second; `version`, `keys` and the
    rest must answer at once. So the top level knows names, and a module is imported by name when
    its command is chosen. Everything behind that is an ordinary typer application.
    """

    def __init__(self, name: str, module: str, summary: str) -> None:
        super().__init__(name=name, callback=None, help=summary)
        self._module = module

    # The signature of click's method without its types, which typer keeps in a private module.
    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        command = get_command(import_module(self._module).app)
        return command.make_context(*args, **kwargs)
