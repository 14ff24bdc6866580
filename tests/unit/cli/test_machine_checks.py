"""The doctor's findings on a machine."""

from pathlib import Path

import pytest

from agent_memory.cli.finding import Outcome
from agent_memory.cli.machine_checks import (
    GIB,
    check_data_dir,
    check_disk,
    check_memory,
    check_open_files,
    check_platform,
    check_python,
    nearest_folder,
)


@pytest.mark.parametrize(
    ("version", "outcome"),
    [((3, 10), "fail"), ((3, 11), "ok"), ((3, 14), "ok"), ((3, 15), "fail")],
)
def test_python_3_11_is_the_oldest_and_3_14_the_newest(
    version: tuple[int, int], outcome: str
) -> None:
    assert check_python(version).outcome == outcome


@pytest.mark.parametrize(
    ("system", "machine", "outcome"),
    [
        ("Linux", "x86_64", "ok"),
        ("Linux", "aarch64", "ok"),
        ("Darwin", "arm64", "ok"),
        ("Darwin", "x86_64", "fail"),
        ("Windows", "AMD64", "fail"),
    ],
)
def test_mlx_decides_which_platforms_will_do(system: str, machine: str, outcome: str) -> None:
    assert check_platform(system, machine).outcome == outcome


@pytest.mark.parametrize(
    ("total", "outcome"), [(1 * GIB, "fail"), (3 * GIB, "warn"), (8 * GIB, "ok")]
)
def test_little_memory_warns_and_too_little_fails(total: int, outcome: str) -> None:
    assert check_memory(total).outcome == outcome


@pytest.mark.parametrize(("limit", "outcome"), [(256, "warn"), (65536, "ok"), (-1, "ok")])
def test_a_low_limit_of_open_files_warns(limit: int, outcome: str) -> None:
    assert check_open_files(limit).outcome == outcome


def test_a_data_directory_that_does_not_exist_yet_is_fine(tmp_path: Path) -> None:
    assert check_data_dir(tmp_path / "a" / "b").outcome is Outcome.OK


def test_a_data_directory_inside_a_file_fails_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    finding = check_data_dir(tmp_path / "file" / "data")

    assert finding.outcome is Outcome.FAIL
    assert "--data-dir" in (finding.remedy or "")


def test_a_disk_smaller_than_the_shelf_may_grow_warns(tmp_path: Path) -> None:
    assert check_disk(tmp_path, shelf_budget=10**18).outcome is Outcome.WARN


def test_the_nearest_folder_is_the_closest_that_exists(tmp_path: Path) -> None:
    assert nearest_folder(tmp_path / "a" / "b" / "c") == tmp_path
    assert nearest_folder(tmp_path) == tmp_path
