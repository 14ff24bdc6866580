"""The environment of the model's process."""

import sys
from pathlib import Path

import pytest

from agent_memory.host import engine_environment as module
from agent_memory.host.engine_environment import engine_environment

PORTIONS = ("MLX_MAX_OPS_PER_BUFFER", "MLX_MAX_MB_PER_BUFFER")


@pytest.fixture
def on_a_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    for name in PORTIONS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("on_a_mac")
def test_a_macs_gpu_gets_its_work_in_large_portions() -> None:
    given = engine_environment()
    assert set(given) == set(PORTIONS)
    assert int(given["MLX_MAX_OPS_PER_BUFFER"]) > 50, "more than MLX takes by itself"


@pytest.mark.usefixtures("on_a_mac")
@pytest.mark.parametrize("name", PORTIONS)
def test_what_the_user_has_set_stays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "20")
    assert name not in engine_environment()


def test_on_linux_openblas_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(module, "find_openblas", lambda: Path("/lib/libopenblas.so.0"))
    assert engine_environment()["LD_PRELOAD"] == "/lib/libopenblas.so.0"
