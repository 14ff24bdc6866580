"""Failures of a command, and how each leaves the process.

1   the command could not do what was asked
2   the command line, a setting or the start of a server is not usable
3   no server is running
130 interrupted by Ctrl-C
"""

import shlex

from agent_memory.cli.installation import command
from agent_memory.errors import AgentMemoryError, InvalidRequest, ModelNotUsable

EXIT_FAILED = 1
EXIT_UNUSABLE = 2
EXIT_NOT_RUNNING = 3


class ServerNotRunning(AgentMemoryError):
    """The command needs a running server, and this data directory has none."""

    code = "not_running"

    def __init__(self, data_dir: str) -> None:
        super().__init__(data_dir)
        self.data_dir = data_dir

    def __str__(self) -> str:
        return (
            f"No server is running on {self.data_dir}. "
            f"Start one with: {command()} serve --data-dir {shlex.quote(self.data_dir)}"
        )


class ServerRefused(AgentMemoryError):
    """A running server answered with an error; `str(error)` is what it said."""

    code = "refused"


class ClientNotInstalled(AgentMemoryError):
    """The program to start is not on this machine; `str(error)` says how to get it."""

    code = "client_not_installed"


def exit_code(error: AgentMemoryError) -> int:
    match error:
        case ServerNotRunning():
            return EXIT_NOT_RUNNING
        case InvalidRequest() | ModelNotUsable():
            return EXIT_UNUSABLE
        case _:
            return EXIT_FAILED
