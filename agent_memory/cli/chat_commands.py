"""Words of the user's in a chat that are for the command line and not for the model."""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from agent_memory.cli.agent_client import AgentClient

GOODBYES = frozenset({"/exit", "/quit", "/bye"})
MULTI_LINE = '"""'
HELP = f"""\
/new, /clear      begin a new session
/system TEXT      begin a new session with this system prompt
/session          the name of this session, to come back to it
/fork             go on in a copy; this session stays as it is
/model [NAME]     the models of the server, or load one
/save FILE        write the session to a file (sessions import reads it)
/exit             end; so do /quit, /bye and Ctrl-D
{MULTI_LINE}               begins and ends a message of several lines
//text            says /text to the model"""


class Chat(Protocol):
    """What a command changes."""

    session_id: str

    def begin(self, session_id: str, system: str | None = None) -> None:
        """Go on in that session."""
        ...

    def tell(self, text: str) -> None:
        """Show it to the user."""
        ...


class ChatCommands:
    """Carries out the commands of one chat."""

    def __init__(self, client: AgentClient, chat: Chat) -> None:
        self._client = client
        self._chat = chat
        self._commands: Mapping[str, Callable[[str], None]] = {
            "help": self._help,
            "?": self._help,
            "new": self._new,
            "clear": self._new,
            "system": self._system,
            "session": self._session,
            "fork": self._fork,
            "model": self._model,
            "models": self._model,
            "save": self._save,
        }

    def run(self, line: str) -> bool:
        """Whether the line was a command; what it says is shown. Raises `ServerRefused`."""
        text = line.strip()
        if not text.startswith("/") or text.startswith("//") or text == "/":
            return False
        name, _, rest = text[1:].partition(" ")
        if "/" in name:  # a path
            return False
        if (command := self._commands.get(name.lower())) is not None:
            command(rest.strip())
            return True
        near = difflib.get_close_matches(name, self._commands, n=1)
        hint = f" Did you mean /{near[0]}?" if near else ""
        self._chat.tell(f"There is no command /{name}.{hint} /help lists them.")
        return True

    def _help(self, _: str) -> None:
        self._chat.tell(HELP)

    def _new(self, _: str) -> None:
        self._chat.begin(self._client.open_session(None).session_id)

    def _system(self, text: str) -> None:
        if not text:
            self._chat.tell("/system wants a text: it begins a new session with it.")
            return
        self._chat.begin(self._client.open_session(None).session_id, text)

    def _session(self, _: str) -> None:
        self._chat.tell(f"session {self._chat.session_id}")

    def _fork(self, _: str) -> None:
        self._chat.begin(str(self._client.fork(self._chat.session_id, None, None)["id"]))

    def _model(self, name: str) -> None:
        if name:
            self._chat.tell(f"{self._client.load_model(name, None)['id']} is loaded.")
            return
        models = (f"{each['id']}  {each.get('state', '')}" for each in self._client.models())
        self._chat.tell("\n".join(models))

    def _save(self, name: str) -> None:
        if not name:
            self._chat.tell("/save wants the name of a file.")
            return
        path = Path(name).expanduser()
        try:
            with self._client.export(self._chat.session_id) as pieces, path.open("xb") as file:
                file.writelines(pieces)
        except OSError as error:
            self._chat.tell(f"It was not saved: {error.strerror}.")
            return
        self._chat.tell(f"saved to {path}")
