"""Which packages MLX computes with, and which GPUs there are."""

from pathlib import Path

import pytest

from agent_memory.device.mlx_backend import backend_problem, installed_backends, nvidia_gpus


@pytest.mark.parametrize("backend", ["mlx-cpu", "mlx-cuda-13", "mlx-cuda-12"])
def test_one_backend_is_right(backend: str) -> None:
    assert backend_problem({backend}) is None


def test_without_a_backend_it_is_said_how_to_get_either() -> None:
    problem = backend_problem(set())
    assert problem is not None
    assert "mlx[cpu]==" in problem.remedy
    assert "mlx[cuda13]==" in problem.remedy


def test_two_backends_are_one_too_many() -> None:
    problem = backend_problem({"mlx-cpu", "mlx-cuda-13"})
    assert problem is not None
    assert "pip uninstall -y mlx-cpu mlx-cuda-13" in problem.remedy


def test_the_installed_one_is_found() -> None:
    assert len(installed_backends()) <= 1


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of NVIDIA's."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tmp_path / "nvidia-smi"


def _say(program: Path, *lines: str, status: int = 0) -> None:
    said = "".join(f"echo '{line}'\n" for line in lines)
    program.write_text(f"#!/bin/sh\n{said}exit {status}\n")
    program.chmod(0o755)


def test_gpus_are_those_that_the_driver_lists(driver: Path) -> None:
    _say(driver, "GPU 0: NVIDIA H200 (UUID: GPU-1)", "GPU 1: NVIDIA H200 (UUID: GPU-2)")
    assert nvidia_gpus() == ["GPU 0: NVIDIA H200 (UUID: GPU-1)", "GPU 1: NVIDIA H200 (UUID: GPU-2)"]


def test_a_driver_without_a_gpu_has_none(driver: Path) -> None:
    _say(driver, "NVIDIA-SMI has failed because it could not communicate", status=9)
    assert nvidia_gpus() == []


def test_without_a_driver_there_is_none(driver: Path) -> None:
    assert nvidia_gpus() == []


@pytest.mark.parametrize("chosen", ["", "-1"])
def test_gpus_that_their_owner_hides_are_none(
    driver: Path, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    _say(driver, "GPU 0: NVIDIA H200 (UUID: GPU-1)")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert nvidia_gpus() == []
