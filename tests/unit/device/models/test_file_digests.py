"""A file's hash is of all its bytes, and is computed again whenever the file may be another."""

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_memory.device.models.file_digests import FileDigests, hash_file

HOUR_NS = 3600 * 1_000_000_000


class Counted:
    """Computes hashes and says of which files."""

    def __init__(self, then: Callable[[Path], object] = lambda _: None) -> None:
        self.names: list[str] = []
        self._then = then

    def __call__(self, path: Path) -> str:
        self.names.append(path.name)
        digest = hash_file(path)
        self._then(path)
        return digest


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "model" / "model.safetensors"
    path.parent.mkdir()
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "shelf" / "weights.json"


def digests(record: Path | None, compute: Counted, *, age_ns: int = HOUR_NS) -> FileDigests:
    """As at a start so long after the files were written."""
    return FileDigests(record, compute, lambda: time.time_ns() + age_ns)


def test_a_byte_anywhere_makes_another_hash(tmp_path: Path) -> None:
    path = tmp_path / "big"
    content = bytearray(3_000_000)
    found = set()
    for at in (0, 1, 65_536, 1_499_999, 2_999_999):
        content[at] ^= 1
        path.write_bytes(content)
        found.add(hash_file(path))
    assert len(found) == 5


def test_the_hash_is_of_the_hashes_of_pieces_of_64_mib(tmp_path: Path) -> None:
    path, piece = tmp_path / "big", 64 * 1024 * 1024
    with path.open("wb") as file:
        file.truncate(piece + 7)
        file.seek(piece)
        file.write(b"the end")
    pieces = hashlib.sha256(bytes(piece)).digest(), hashlib.sha256(b"the end").digest()
    assert hash_file(path) == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_a_file_that_stays_as_it_is_is_read_once(weights: Path, record: Path) -> None:
    compute = Counted()
    first = digests(record, compute).of([weights])
    assert digests(record, compute).of([weights]) == first == [hash_file(weights)]
    assert compute.names == ["model.safetensors"]


def test_a_file_is_known_by_whatever_link_leads_to_it(
    tmp_path: Path, weights: Path, record: Path
) -> None:
    compute, link = Counted(), tmp_path / "link.safetensors"
    link.symlink_to(weights)
    assert digests(record, compute).of([link]) == digests(record, compute).of([weights])
    assert len(compute.names) == 1


def test_a_file_changed_in_place_is_another_even_with_its_old_time(
    weights: Path, record: Path
) -> None:
    compute, stat = Counted(), weights.stat()
    before = digests(record, compute).of([weights])
    weights.write_bytes(b"WEIGHTS")
    os.utime(weights, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert weights.stat().st_mtime_ns == stat.st_mtime_ns
    assert digests(record, compute).of([weights]) == [hash_file(weights)] != before


def test_a_file_put_in_the_place_of_another_is_another(weights: Path, record: Path) -> None:
    compute, stat = Counted(), weights.stat()
    before = digests(record, compute).of([weights])
    fresh = weights.with_name("fresh")
    fresh.write_bytes(b"WEIGHTS")
    os.utime(fresh, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    fresh.replace(weights)
    assert digests(record, compute).of([weights]) == [hash_file(weights)] != before


def test_a_file_that_was_written_just_now_is_not_remembered(weights: Path, record: Path) -> None:
    compute = Counted()
    for _ in range(2):
        digests(record, compute, age_ns=0).of([weights])
    assert len(compute.names) == 2
    assert not record.exists()


def test_a_file_that_changes_while_it_is_read_is_not_remembered(
    weights: Path, record: Path
) -> None:
    digests(record, Counted(lambda path: path.write_bytes(b"WEIGHTS"))).of([weights])
    assert digests(record, Counted()).of([weights]) == [hash_file(weights)]


def test_several_files_are_told_in_their_order(weights: Path, record: Path) -> None:
    other = weights.with_name("model-2.safetensors")
    other.write_bytes(b"others")
    wanted = [hash_file(other), hash_file(weights)]
    for _ in range(2):
        assert digests(record, Counted()).of([other, weights]) == wanted


@pytest.mark.parametrize(
    "content", [b"", b'{"/a": {"dig', b"[]", b'{"/a": {"digest": 7}}', b"\xff"]
)
def test_a_record_that_is_torn_or_foreign_is_written_again(
    weights: Path, record: Path, content: bytes
) -> None:
    record.parent.mkdir()
    record.write_bytes(content)
    compute = Counted()
    for _ in range(2):
        assert digests(record, compute).of([weights]) == [hash_file(weights)]
    assert len(compute.names) == 1


def test_what_cannot_be_written_is_computed_again(weights: Path, tmp_path: Path) -> None:
    compute = Counted()
    (tmp_path / "file").write_text("no folder")
    for _ in range(2):
        assert digests(tmp_path / "file" / "r.json", compute).of([weights]) == [hash_file(weights)]
    assert len(compute.names) == 2


def test_without_a_record_nothing_is_remembered(weights: Path) -> None:
    compute = Counted()
    for _ in range(2):
        digests(None, compute).of([weights])
    assert len(compute.names) == 2


def test_files_that_are_gone_leave_the_record(weights: Path, record: Path) -> None:
    digests(record, Counted()).of([weights])
    other = weights.with_name("other.safetensors")
    other.write_bytes(b"other")
    weights.unlink()
    digests(record, Counted()).of([other])
    assert list(json.loads(record.read_bytes())) == [str(other)]


def test_starts_that_write_at_once_leave_a_whole_record(weights: Path, record: Path) -> None:
    paths = [weights.with_name(f"model-{at}.safetensors") for at in range(8)]
    for path in paths:
        path.write_bytes(path.name.encode())
    starts = [
        threading.Thread(target=digests(record, Counted()).of, args=([path],)) for path in paths
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert set(json.loads(record.read_bytes())) <= {str(path) for path in paths}
    assert digests(record, Counted()).of(paths) == [hash_file(path) for path in paths]
