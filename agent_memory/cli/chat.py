"""`agent-memory chat`."""

import readline  # noqa: F401  its import gives `input` a history and editing
from typing import Annotated, Any

import typer

from agent_memory.cli.agent_client import AgentClient, Delta, Ended, OpenSession
from agent_memory.cli.chat_commands import GOODBYES, MULTI_LINE, ChatCommands
from agent_memory.cli.endpoint import Key, Url, server_client
from agent_memory.cli.failures import ServerRefused
from agent_memory.cli.options import AsJson, DataDir
from agent_memory.cli.output import console, print_json, printable
from agent_memory.errors import InvalidRequest

app = typer.Typer()

_CUTS = {
    "length": "; cut off at the token limit",
    "window": "; cut off: the context window is full",
}


@app.command()
def chat(
    session: Annotated[
        str | None, typer.Option(help="Name of the session: resumed, or made.", show_default=False)
    ] = None,
    system: Annotated[
        str | None, typer.Option(help="System prompt of a new session.", show_default=False)
    ] = None,
    message: Annotated[
        str | None, typer.Option(help="Say this, print the answer, and end.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Talk to the model of a running server.

    Ctrl-C cancels the answer under way, Ctrl-D ends the conversation; the session stays.
    """
    if as_json and message is None:
        raise InvalidRequest("--json needs --message.", "json")
    with server_client(data_dir, url, key, None) as http:
        client = AgentClient(http)
        talk = Talk(client, client.open_session(session), system)
        if message is None:
            talk.go_on()
        elif as_json:
            print_json(talk.answer(message))
        else:
            talk.show_answer(message)


class Talk:
    """One session on a terminal."""

    def __init__(self, client: AgentClient, session: OpenSession, system: str | None) -> None:
        if system is not None and session.num_turns > 0:
            message = f"The session '{session.session_id}' has begun; its system prompt is set."
            raise InvalidRequest(message, "system")
        self._client = client
        self.session_id = session.session_id
        self._system = system
        self._out = console()
        self._commands = ChatCommands(client, self)

    def go_on(self) -> None:
        """Question and answer, until the user has had enough."""
        self._out.print(
            f"session {self.session_id} (/help lists commands, Ctrl-C cancels an answer, Ctrl-D "
            "ends)",
            style="dim",
        )
        while (text := self._next_message()) is not None:
            if text.strip():
                self._take(text)
        self._out.print(f"to go on: chat --session {self.session_id}", style="dim")

    def begin(self, session_id: str, system: str | None = None) -> None:
        """Go on in another session."""
        self.session_id, self._system = session_id, system
        self.tell(f"session {session_id}")

    def tell(self, text: str) -> None:
        """Show what is not the model's."""
        self._out.print(text, style="dim", markup=False, highlight=False, soft_wrap=True)

    def _take(self, text: str) -> None:
        """Carry out a command, or say the text. A command that fails does not end the chat."""
        try:
            if self._commands.run(text):
                return
        except ServerRefused as error:
            self.tell(str(error))
            return
        self.show_answer(text.replace("//", "/", 1) if text.lstrip().startswith("//") else text)

    def show_answer(self, text: str) -> None:
        """Stream one answer and say what it cost. Ctrl-C cancels it: such a turn is not kept."""
        events = self._client.take_turn(self.session_id, self._messages(text))
        try:
            for event in events:
                match event:
                    case Delta(text=piece, is_thinking=is_thinking):
                        style = "dim" if is_thinking else None
                        self._out.print(printable(piece), end="", style=style, soft_wrap=True)
                    case Ended():
                        self._system = None
                        self._out.print(f"\n[{usage_line(event)}]", style="dim")
        except KeyboardInterrupt:
            self._out.print("\n[cancelled; this turn is not kept]", style="dim")
        finally:
            events.close()

    def answer(self, text: str) -> dict[str, Any]:
        """One whole answer."""
        pieces: dict[bool, list[str]] = {True: [], False: []}
        result: dict[str, Any] = {"session": self.session_id}
        for event in self._client.take_turn(self.session_id, self._messages(text)):
            match event:
                case Delta(text=piece, is_thinking=is_thinking):
                    pieces[is_thinking].append(piece)
                case Ended(reason=reason, usage=usage):
                    result |= {"finish_reason": reason, "usage": usage}
        return result | {"text": "".join(pieces[False]), "thinking": "".join(pieces[True])}

    def _messages(self, text: str) -> list[dict[str, str]]:
        said = [{"role": "user", "content": text}]
        if self._system is None:
            return said
        return [{"role": "system", "content": self._system}, *said]

    def _next_message(self) -> str | None:
        """A line, or all that stands between two marks; None at the end."""
        line = self._next_line("> ")
        if line is None or not line.strip().startswith(MULTI_LINE):
            return line
        text = line.strip().removeprefix(MULTI_LINE)
        while MULTI_LINE not in text:
            if (more := self._next_line("… ")) is None:
                return None
            text = f"{text}\n{more}"
        return text.partition(MULTI_LINE)[0].strip("\n")

    def _next_line(self, prompt: str) -> str | None:
        """What the user types; None at the end. Ctrl-C only forgets the line."""
        while True:
            try:
                text = input(prompt)
            except KeyboardInterrupt:
                self._out.print()
            except EOFError:
                self._out.print()
                return None
            else:
                return None if text.strip() in GOODBYES else text


def usage_line(ended: Ended) -> str:
    """`12 tokens; 512 of 520 prompt tokens cached`."""
    usage = ended.usage
    cut = _CUTS.get(ended.reason, "")
    return (
        f"{usage['completion_tokens']} tokens; {usage['cached_tokens']} of "
        f"{usage['prompt_tokens']} prompt tokens cached{cut}"
    )
