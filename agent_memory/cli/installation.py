"""How this installation is called and made again: as a copy of the project, or as a package."""

from pathlib import Path

_PROJECT = Path(__file__).parents[2]


def command(project: Path = _PROJECT) -> str:
    """What starts `agent-memory`, which in a copy is on the path of few."""
    return "python3 -m uv run agent-memory" if _is_copy(project) else "agent-memory"


def how_to_reinstall(project: Path = _PROJECT) -> str:
    if _is_copy(project):
        return "Install the project again: python3 -m uv sync --reinstall"
    return "Install the package again: pip install --force-reinstall, with the same wheel"


def _is_copy(project: Path) -> bool:
    return (project / "pyproject.toml").is_file()
