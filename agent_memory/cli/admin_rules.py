"""Rules of a workspace, which `limits` and `budgets` set, list and delete alike."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import load_settings
from agent_memory.cli.output import console, print_json


def set_rule(
    path: str, body: Mapping[str, Any], workspace: str, data_dir: Path | None, *, as_json: bool
) -> None:
    """Make the rule, in the workspace that is made for it if it is not there, and say its id."""

    async def put(api: MemoryApi) -> dict[str, Any]:
        made: dict[str, Any] = await api.call("POST", path, dict(body))
        return made

    settings = load_settings(data_dir=data_dir)
    made = with_memory(settings, workspace, put, may_create=True)
    _say("Set", made, as_json=as_json)


def read_rules(path: str, workspace: str, data_dir: Path | None) -> list[dict[str, Any]]:
    """All of the workspace."""

    async def read(api: MemoryApi) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await api.call("GET", path))["data"]
        return found

    return with_memory(load_settings(data_dir=data_dir), workspace, read)


def delete_rule(
    path: str, rule_id: str, workspace: str, data_dir: Path | None, *, as_json: bool
) -> None:
    """Delete the rule and say its id."""

    async def drop(api: MemoryApi) -> dict[str, Any]:
        gone: dict[str, Any] = await api.call("DELETE", f"{path}/{rule_id}")
        return gone

    gone = with_memory(load_settings(data_dir=data_dir), workspace, drop)
    _say("Deleted", gone, as_json=as_json)


def _say(verb: str, rule: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(rule)
        return
    console().print(f"{verb} {rule['id']}.")
    if secret := rule.get("webhook_secret"):
        console().print(f"The secret that signs its messages, shown this once: {secret}")
