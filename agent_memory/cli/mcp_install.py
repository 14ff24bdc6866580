"""How the clients are told of an MCP server: each has a file, and a form, of its own."""

import re
import shlex
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from agent_memory.errors import InvalidRequest

NAME = "agent-memory"
KEY_VARIABLE = "AGENT_MEMORY_KEY"

ClientName = Literal["claude", "codex", "cursor", "vscode"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A process to start, or an address to call. Keys stay in the environment."""

    argv: tuple[str, ...] = ()
    url: str = ""


def local_entry(thread: str | None, data_dir: Path | None) -> Entry:
    """This very installation, however it is on the path of the client."""
    options = (
        *(("--thread", thread) if thread else ()),
        *(("--data-dir", str(data_dir.expanduser().absolute())) if data_dir else ()),
    )
    return Entry((sys.executable, "-m", "agent_memory.cli", "mcp", *options))


def http_entry(url: str) -> Entry:
    return Entry(url=f"{url.rstrip('/')}/mcp")


class Installation:
    """The configuration of one client, in `home` or in the project in `folder`."""

    def __init__(self, client: ClientName, entry: Entry, home: Path, folder: Path) -> None:
        self._client = client
        self._entry = entry
        self._home = home
        self._folder = folder

    @property
    def path(self) -> Path:
        """The file that `write` changes."""
        match self._client:
            case "claude":
                return self._folder / ".mcp.json"
            case "codex":
                return self._home / ".codex" / "config.toml"
            case "cursor":
                return self._home / ".cursor" / "mcp.json"
            case "vscode":
                return self._folder / ".vscode" / "mcp.json"

    def shown(self) -> str:
        """What a person may paste: a command where the client has one, and the file."""
        command = self._command()
        text = _toml(self._entry) if self._client == "codex" else _json(self._object())
        return "\n\n".join([*([command] if command else []), f"{self.path}:\n\n{text}".rstrip()])

    def write(self) -> bool:
        """Change the file, and nothing else in it; False when it says the same already."""
        before = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        after = self._in_toml(before) if self._client == "codex" else self._in_json(before)
        if after == before:
            return False
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(after, encoding="utf-8")
        return True

    def _command(self) -> str:
        argv, url = self._entry.argv, self._entry.url
        match self._client:
            case "claude" if url:
                return (
                    f"claude mcp add --transport http {NAME} {url} "
                    f"--header 'Authorization: Bearer ${{{KEY_VARIABLE}}}'"
                )
            case "codex" if url:
                return f"codex mcp add {NAME} --url {url} --bearer-token-env-var {KEY_VARIABLE}"
            case "claude" | "codex":
                return f"{self._client} mcp add {NAME} -- {shlex.join(argv)}"
            case _:
                return ""

    def _object(self) -> dict[str, Any]:
        servers = "servers" if self._client == "vscode" else "mcpServers"
        return {servers: {NAME: self._server()}}

    def _server(self) -> dict[str, Any]:
        if not self._entry.url:
            command, *args = self._entry.argv
            return {"type": "stdio", "command": command, "args": args}
        variable = "${env:%s}" if self._client in {"cursor", "vscode"} else "${%s}"
        headers = {"Authorization": f"Bearer {variable % KEY_VARIABLE}"}
        return {"type": "http", "url": self._entry.url, "headers": headers}

    def _in_json(self, before: str) -> str:
        try:
            held = orjson.loads(before) if before.strip() else {}
        except orjson.JSONDecodeError as error:
            raise InvalidRequest(f"{self.path} is not JSON: {error}.") from error
        if not isinstance(held, dict):
            raise InvalidRequest(f"{self.path} does not hold a JSON object.")
        [(servers, ours)] = self._object().items()
        if held.get(servers, {}).get(NAME) == ours[NAME]:
            return before
        held[servers] = {**held.get(servers, {}), **ours}
        return _json(held)

    def _in_toml(self, before: str) -> str:
        try:
            held = tomllib.loads(before)
        except tomllib.TOMLDecodeError as error:
            raise InvalidRequest(f"{self.path} is not TOML: {error}.") from error
        wanted = tomllib.loads(_toml(self._entry))["mcp_servers"][NAME]
        if held.get("mcp_servers", {}).get(NAME) == wanted:
            return before
        rest = _without_table(before, f"mcp_servers.{NAME}").rstrip()
        return f"{rest}\n\n{_toml(self._entry)}" if rest else _toml(self._entry)


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n"


def _toml(entry: Entry) -> str:
    """JSON strings and lists of them are TOML as well."""
    if entry.url:
        fields: dict[str, object] = {"url": entry.url, "bearer_token_env_var": KEY_VARIABLE}
    else:
        command, *args = entry.argv
        fields = {"command": command, "args": args}
    lines = [f"{name} = {orjson.dumps(value).decode()}" for name, value in fields.items()]
    return "\n".join([f"[mcp_servers.{NAME}]", *lines, ""])


def _without_table(text: str, name: str) -> str:
    """`text` without the table of that name and the tables inside it."""
    header = re.compile(rf"^\[{re.escape(name)}(?:\.[^\]]*)?\][^\n]*\n(?:(?!\[)[^\n]*\n?)*", re.M)
    return header.sub("", text)
