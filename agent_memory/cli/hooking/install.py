"""The hooks in a client's settings: ours are added, and others' stay."""

import shlex
import sys
from pathlib import Path
from typing import Any, Literal

import orjson

from agent_memory.cli.hooking.event import HookName
from agent_memory.errors import InvalidRequest

HookClient = Literal["claude", "codex"]

KINDS: dict[HookClient, str] = {"claude": "claude-code", "codex": "codex"}
_EVENTS: dict[HookClient, tuple[HookName, ...]] = {
    "claude": (
        HookName.SESSION_START,
        HookName.PRE_COMPACT,
        HookName.SESSION_END,
        HookName.TOOL_FAILED,
    ),
    "codex": (
        HookName.SESSION_START,
        HookName.PRE_COMPACT,
        HookName.STOP,
        HookName.SESSION_END,
        HookName.TOOL_USED,
    ),
}
_TIMEOUT_S = 10
_OURS = "agent_memory.cli hooks run"


class HookSettings:
    """The settings of one client in `home`."""

    def __init__(self, client: HookClient, home: Path, options: tuple[str, ...] = ()) -> None:
        self._client = client
        self._home = home
        command = (sys.executable, "-m", "agent_memory.cli", "hooks", "run", client, *options)
        self._command = shlex.join(command)

    @property
    def path(self) -> Path:
        if self._client == "claude":
            return self._home / ".claude" / "settings.json"
        return self._home / ".codex" / "hooks.json"

    def with_ours(self) -> bytes:
        """The whole file, with our hooks once."""
        held = self._held()
        hooks = held.get("hooks") or {}
        for name in _EVENTS[self._client]:
            others = [group for group in hooks.get(name.value, []) if not _is_ours(group)]
            ours = {"type": "command", "command": self._command, "timeout": _TIMEOUT_S}
            hooks[name.value] = [*others, {"hooks": [ours]}]
        return orjson.dumps({**held, "hooks": hooks}, option=orjson.OPT_INDENT_2) + b"\n"

    def write(self) -> bool:
        """False when the file has them already."""
        before = self.path.read_bytes() if self.path.exists() else b""
        after = self.with_ours()
        if before == after:
            return False
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(after)
        return True

    def _held(self) -> dict[str, Any]:
        try:
            held = orjson.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except orjson.JSONDecodeError as error:
            raise InvalidRequest(f"{self.path} is not JSON: {error}.") from error
        if not isinstance(held, dict):
            raise InvalidRequest(f"{self.path} does not hold a JSON object.")
        return held


def _is_ours(group: dict[str, Any]) -> bool:
    return any(_OURS in str(hook.get("command", "")) for hook in group.get("hooks", ()))
