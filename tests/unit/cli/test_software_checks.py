"""The doctor's findings on the installed software."""

import shutil
import sys
from pathlib import Path

import pytest

from agent_memory.cli import software_checks
from agent_memory.cli.finding import Outcome, ok
from agent_memory.cli.software_checks import (
    check_haproxy,
    check_import,
    check_mlx,
    check_openblas,
)
from agent_memory.host import environment


def test_what_a_child_can_import_is_fine_and_says_its_version() -> None:
    finding = check_import("thing", "print('1.2.3')")

    assert (finding.outcome, finding.detail) == (Outcome.OK, "1.2.3")


def test_what_a_child_cannot_import_fails_with_the_reason() -> None:
    finding = check_import("thing", "import no_such_thing_at_all")

    assert finding.outcome is Outcome.FAIL
    assert "no_such_thing_at_all" in finding.detail
    assert finding.remedy


def test_a_library_that_ends_its_process_is_reported_not_followed() -> None:
    assert check_import("thing", "import os; os.abort()").outcome is Outcome.FAIL


def test_openblas_matters_on_linux_only() -> None:
    assert check_openblas("Darwin").outcome is Outcome.OK


def test_without_openblas_the_remedy_is_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software_checks, "find_openblas", lambda: None)

    finding = check_openblas("Linux")

    assert finding.outcome is Outcome.WARN
    assert finding.remedy == "apt-get install libopenblas0-pthread"


def test_the_openblas_that_will_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software_checks, "find_openblas", lambda: Path("/lib/libopenblas.so.0"))

    assert check_openblas("Linux").detail == "/lib/libopenblas.so.0"


def test_without_haproxy_the_server_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)

    assert check_haproxy().outcome is Outcome.WARN


def test_any_haproxy_in_the_path_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: "/opt/bin/haproxy")

    assert check_haproxy().detail == "/opt/bin/haproxy"


@pytest.mark.parametrize(
    ("device", "gpus", "outcome"),
    [
        ("cpu", [], Outcome.OK),
        ("gpu", ["GPU 0: NVIDIA H200"], Outcome.OK),
        ("cpu", ["GPU 0: NVIDIA H200"], Outcome.FAIL),
    ],
)
def test_a_gpu_that_mlx_leaves_alone_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, device: str, gpus: list[str], outcome: Outcome
) -> None:
    tried = ok("mlx", f"0.32.4 on Device({device}, 0)")
    monkeypatch.setattr(software_checks, "check_import", lambda *_: tried)
    finding = check_mlx({"mlx-cpu"}, gpus)
    assert finding.outcome is outcome
    assert (outcome is Outcome.OK) or "mlx[cuda13]==" in (finding.remedy or "")


@pytest.mark.parametrize("backends", [set(), {"mlx-cpu", "mlx-cuda-13"}])
def test_mlx_needs_exactly_one_backend_on_linux(
    monkeypatch: pytest.MonkeyPatch, backends: set[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert check_mlx(backends, []).outcome is Outcome.FAIL
