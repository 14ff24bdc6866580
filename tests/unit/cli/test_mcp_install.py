"""Configurations of clients: only our entry changes, and a key never stands in a file."""

import tomllib
from pathlib import Path

import orjson
import pytest

from agent_memory.cli.mcp_install import Entry, Installation, http_entry, local_entry
from agent_memory.errors import InvalidRequest

LOCAL = Entry(("/opt/python", "-m", "agent_memory.cli", "mcp", "--thread", "shop"))


def test_a_json_file_keeps_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / ".mcp.json"
    file.write_text('{"mcpServers": {"other": {"command": "x"}}, "more": 1}')
    installation = Installation("claude", LOCAL, tmp_path, tmp_path)
    assert installation.path == file
    assert installation.write()
    held = orjson.loads(file.read_bytes())
    assert held["more"] == 1
    assert held["mcpServers"]["other"] == {"command": "x"}
    assert held["mcpServers"]["agent-memory"] == {
        "type": "stdio",
        "command": "/opt/python",
        "args": ["-m", "agent_memory.cli", "mcp", "--thread", "shop"],
    }


@pytest.mark.parametrize("client", ["claude", "codex", "cursor", "vscode"])
def test_writing_twice_changes_nothing(tmp_path: Path, client: str) -> None:
    installation = Installation(client, LOCAL, tmp_path / "home", tmp_path)  # type: ignore[arg-type]
    assert installation.write()
    before = installation.path.read_bytes()
    assert not installation.write()
    assert installation.path.read_bytes() == before


def test_a_toml_file_keeps_its_comments_and_other_servers(tmp_path: Path) -> None:
    file = tmp_path / ".codex" / "config.toml"
    file.parent.mkdir()
    file.write_text(
        '# mine\nmodel = "gpt"\n\n[mcp_servers.agent-memory]\ncommand = "old"\n\n'
        "[mcp_servers.agent-memory.env]\nA = 'b'\n\n[mcp_servers.other]\ncommand = \"x\"\n"
    )
    assert Installation("codex", LOCAL, tmp_path, tmp_path).write()
    text = file.read_text()
    assert text.startswith("# mine\n")
    held = tomllib.loads(text)
    assert held["mcp_servers"]["other"] == {"command": "x"}
    assert held["mcp_servers"]["agent-memory"] == {
        "command": "/opt/python",
        "args": ["-m", "agent_memory.cli", "mcp", "--thread", "shop"],
    }


@pytest.mark.parametrize("client", ["claude", "codex", "cursor", "vscode"])
def test_a_server_elsewhere_gets_the_key_from_the_environment(tmp_path: Path, client: str) -> None:
    entry = http_entry("http://10.0.0.1:8000/")
    installation = Installation(client, entry, tmp_path, tmp_path)  # type: ignore[arg-type]
    installation.write()
    text = installation.path.read_text()
    assert "http://10.0.0.1:8000/mcp" in text
    assert "AGENT_MEMORY_KEY" in text
    assert "am_" not in text


def test_a_file_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / ".mcp.json"
    file.write_text("{ // a comment\n}")
    with pytest.raises(InvalidRequest, match=r"\.mcp\.json is not JSON"):
        Installation("claude", LOCAL, tmp_path, tmp_path).write()
    assert file.read_text() == "{ // a comment\n}"


def test_what_is_shown_begins_with_the_clients_own_command(tmp_path: Path) -> None:
    shown = Installation("codex", LOCAL, tmp_path, tmp_path).shown()
    assert shown.startswith(
        "codex mcp add agent-memory -- /opt/python -m agent_memory.cli mcp --thread shop\n"
    )
    assert str(tmp_path / ".codex" / "config.toml") in shown


def test_a_local_entry_starts_this_installation(tmp_path: Path) -> None:
    argv = local_entry("shop", tmp_path).argv
    assert argv[1:] == (
        "-m",
        "agent_memory.cli",
        "mcp",
        "--thread",
        "shop",
        "--data-dir",
        str(tmp_path),
    )
