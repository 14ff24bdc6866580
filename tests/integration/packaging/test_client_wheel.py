"""The client's wheel in an empty environment: what it brings, and how long its import takes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).resolve().parents[3]
UV = os.environ.get("UV") or shutil.which("uv") or "uv"
MOST_IMPORT_S = 0.15
NOT_WANTED = {"ray", "mlx", "fastapi", "pydantic", "agent-memory", "anthropic"}
PROGRAM = (
    "import sys, time; before = set(sys.modules); began = time.process_time(); "
    "import agent_memory_client as client; took = time.process_time() - began; "
    "print(took, client.__file__, 'httpx2' in sys.modules, client.Client('http://test', 'am_x'))"
)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("client-wheel")
    run(UV, "build", "-q", "--wheel", "-o", folder / "dist", ROOT / "agent_memory" / "client")
    run(UV, "venv", "-q", "--python", sys.executable, folder / "venv")
    python = folder / "venv" / "bin" / "python"
    [wheel] = (folder / "dist").glob("*.whl")
    run(UV, "pip", "install", "-q", "--compile-bytecode", "--python", python, wheel)
    return python


def run(*command: str | Path) -> str:
    environment = {name: one for name, one in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_brings_nothing_of_the_server(python: Path) -> None:
    listed = orjson.loads(run(UV, "pip", "list", "--format", "json", "--python", python))
    names = {found["name"] for found in listed}
    assert {"agent-memory-client", "httpx2"} <= names
    assert not NOT_WANTED & names


def test_it_is_typed_and_its_import_is_quick(python: Path) -> None:
    took, file, *_ = min(
        (run(python, "-c", PROGRAM).split(maxsplit=2) for _ in range(3)),
        key=lambda answer: float(answer[0]),
    )
    assert float(took) < MOST_IMPORT_S
    assert (Path(file).parent / "py.typed").exists()
