"""The command's name where it is told to a person."""

from pathlib import Path

from agent_memory.cli.installation import command, how_to_reinstall


def test_a_copy_of_the_project_is_run_and_installed_by_uv(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()

    assert command(tmp_path) == "python3 -m uv run agent-memory"
    assert "uv sync" in how_to_reinstall(tmp_path)


def test_an_installed_package_has_its_command_on_the_path(tmp_path: Path) -> None:
    assert command(tmp_path) == "agent-memory"
    assert "uv sync" not in how_to_reinstall(tmp_path)
