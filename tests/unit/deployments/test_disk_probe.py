"""Whether the disk of the data directory takes what is written."""

from pathlib import Path

import pytest

from agent_memory.deployments.disk_probe import DiskProbe, check_disk
from agent_memory.errors import StorageUnavailable


def test_a_disk_with_room_is_fit_and_nothing_is_left_on_it(tmp_path: Path) -> None:
    check_disk(tmp_path, min_free_bytes=0)
    assert list(tmp_path.iterdir()) == []


async def test_a_full_disk_is_told_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match=f"The disk of {tmp_path} is full"):
        await DiskProbe(tmp_path, min_free_bytes=1 << 62)()


async def test_a_folder_that_cannot_be_written_is_told_by_its_name(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(StorageUnavailable, match=f"{gone} cannot be written: No such file"):
        await DiskProbe(gone, min_free_bytes=0)()
