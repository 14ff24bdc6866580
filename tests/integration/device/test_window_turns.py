"""Turns of models with sliding windows, whose snapshots write only what is new."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest

from agent_memory.cache.pool import BlockPool
from agent_memory.device.engine import MlxEngine
from agent_memory.device.shelf.parcel import Destination, pack, unpack
from agent_memory.device.shelf.shelf import Shelf
from agent_memory.errors import InvalidRequest
from agent_memory.ids import LeaseId
from agent_memory.settings import Settings
from agent_memory.turns.sampling import SamplingParams
from tests.integration.device.conftest import BLOCK_SIZE, small_settings
from tests.integration.device.engine_driver import Answer, a_prompt, a_request, ask, root_of

KEY = "ab" * 32
SAMPLING = SamplingParams(max_tokens=3, temperature=0.0, num_logprobs=3)
WINDOW = 24


@dataclass
class Server:
    """An engine and its pool, on a shelf that outlives them."""

    model: Path
    folder: Path
    settings: Settings
    sequence: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.engine = MlxEngine.load(self.model, "m", self.settings, self.folder)
        info = self.engine.info
        self.pool = BlockPool(
            BLOCK_SIZE, info.bytes_per_token, 1 << 30, 1 << 30, time.time, has_snapshots=True
        )
        self.pool.reset_resident(info.incarnation)
        key = self.settings.shelf_key_bytes
        self.shelf = Shelf(self.folder, info.fingerprint, info.kv_format, key)
        for file in self.pool.adopt_shelf(self.shelf.scan()):
            self.shelf.delete(file)

    def restart(self) -> None:
        self.engine.close()
        self.start()

    def close(self) -> None:
        self.engine.close()

    async def take_turn(
        self, session: str, message: tuple[int, ...], boundaries: tuple[int, ...] = ()
    ) -> Answer:
        prompt = (*self.sequence.get(session, ()), *message)
        lease = self.pool.lease(root_of(self.engine), prompt, 3, LeaseId(session), session)
        assert lease is not None
        request = a_request(self.engine, prompt, SAMPLING, lease=lease)
        answer = await ask(self.engine, replace(request, boundaries=boundaries, owner=session))
        self.pool.publish(lease.lease_id, answer.stored.blocks, answer.restored.bad_files)
        self.pool.check_integrity()
        self.sequence[session] = (*prompt, *answer.tokens())
        return answer

    async def take_turns(self, session: str, num_turns: int, num_new: int = 4) -> None:
        """Of `num_new` tokens and an answer each."""
        for turn in range(num_turns):
            await self.take_turn(session, a_prompt(num_new, variant=turn))

    async def cold(self, prompt: tuple[int, ...]) -> Answer:
        """What an engine says that knows nothing."""
        return await ask(self.engine, a_request(self.engine, prompt, SAMPLING))

    def links(self) -> list[Path]:
        return list(self.folder.rglob("*.w*"))

    def files(self) -> list[Path]:
        kept = (path for path in self.folder.rglob("*.safetensors*") if path.is_file())
        return [path for path in kept if "quarantine" not in path.parts]

    def forget(self, session: str) -> None:
        for file in self.pool.forget_owner(session):
            self.shelf.delete(file)


ServerOf = Callable[..., Server]


@pytest.fixture
def server_of(
    model_folder: Callable[[str], Path], tmp_path: Path, request: pytest.FixtureRequest
) -> ServerOf:
    def start(shape: str = "gemma3", **changes: object) -> Server:
        server = Server(model_folder(shape), tmp_path / "shelf", small_settings(**changes))
        request.addfinalizer(server.close)
        return server

    return start


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        ("gemma3", {}),
        ("sinks", {}),
        ("gemma3", {"shelf_key": KEY}),
        ("wide-gemma3", {"kv_bits": "8"}),
        ("wide-gemma3", {"kv_bits": "k8v4", "shelf_key": KEY}),
    ],
)
async def test_after_a_restart_the_next_turn_is_the_one_of_who_was_not_interrupted(
    server_of: ServerOf, shape: str, changes: dict[str, object]
) -> None:
    server = server_of(shape, **changes)
    await server.take_turn("s", a_prompt(40))
    await server.take_turns("s", 8)
    assert len(server.links()) > 2
    sequence = server.sequence["s"]
    uninterrupted = await server.take_turn("s", a_prompt(9, variant=5))
    server.forget("s")
    server.sequence["s"] = ()

    server.sequence["s"] = ()
    await server.take_turn("s", a_prompt(40))
    await server.take_turns("s", 8)
    assert server.sequence["s"] == sequence
    server.restart()
    restored = await server.take_turn("s", a_prompt(9, variant=5))

    assert restored.restored.num_from_shelf == len(sequence) - 1
    assert restored.tokens() == uninterrupted.tokens()
    assert restored.logprobs() == uninterrupted.logprobs()  # to the last bit
    assert restored.tokens() == (await server.cold((*sequence, *a_prompt(9, variant=5)))).tokens()


async def test_marks_on_the_way_are_gone_on_from_after_a_restart(server_of: ServerOf) -> None:
    server = server_of()
    await server.take_turn("s", a_prompt(90), boundaries=(33, 41, 60))
    server.restart()
    for length in (33, 41, 60):
        prompt = (*a_prompt(length), *a_prompt(7, variant=3))
        answer = await server.take_turn(f"at {length}", prompt)
        assert answer.restored.num_cached_tokens == length
        assert answer.tokens() == (await server.cold(prompt)).tokens()


async def test_hardly_a_token_is_written_twice(server_of: ServerOf) -> None:
    server = server_of("wide-gemma3")
    await server.take_turn("s", a_prompt(100))
    info = server.engine.info
    first = server.engine.stats().shelf.bytes_written
    # Half of the layers have windows; their tokens are as large as the others'.
    for turn in range(10):
        await server.take_turn("s", a_prompt(8, variant=turn))
    num_new = len(server.sequence["s"]) - 103
    written = server.engine.stats().shelf.bytes_written - first
    assert written <= 2 * info.bytes_per_token * (num_new + 10)


async def test_the_pool_counts_what_the_disk_has(server_of: ServerOf) -> None:
    server = server_of()
    await server.take_turn("s", a_prompt(40))
    await server.take_turns("s", 5)
    answer = await server.take_turn("s", a_prompt(4, variant=9))
    last = answer.stored.blocks[-1]
    assert last.file is not None
    paths = [path for path in server.files() if path.name.startswith(last.file)]
    assert len(paths) > 2
    assert last.file_nbytes == sum(path.stat().st_size for path in paths)
    server.restart()
    on_disk = {path.stat().st_ino: path.stat().st_size for path in server.files()}
    assert server.pool.stats().shelf_bytes >= sum(on_disk.values())


async def test_a_deleted_session_leaves_nothing_and_its_fork_goes_on(server_of: ServerOf) -> None:
    server = server_of()
    await server.take_turn("one", a_prompt(40))
    await server.take_turns("one", 4)
    server.sequence["two"] = trunk = server.sequence["one"]
    server.pool.adopt_sequence("two", root_of(server.engine), trunk)
    await server.take_turns("one", 2)
    await server.take_turn("two", a_prompt(5, variant=9))
    server.forget("one")
    server.restart()

    prompt = (*server.sequence["two"], *a_prompt(6, variant=11))
    answer = await server.take_turn("two", a_prompt(6, variant=11))
    assert answer.restored.num_from_shelf == len(prompt) - 6 - 1
    assert answer.tokens() == (await server.cold(prompt)).tokens()

    server.forget("two")
    server.restart()
    for owner in ("one", "two", ""):
        server.forget(owner)
    server.pool.forget_sequence("two", root_of(server.engine), server.sequence["two"])
    for entry in server.shelf.scan():
        server.shelf.delete(entry.file)
    assert server.files() == []


@pytest.mark.parametrize("damage", ["torn", "flipped", "missing", "swapped"])
async def test_a_damaged_piece_of_a_window_is_a_miss_and_never_a_wrong_token(
    server_of: ServerOf, damage: str
) -> None:
    server = server_of()
    await server.take_turn("s", a_prompt(40))
    await server.take_turns("s", 5)
    for link in {link.stat().st_ino: link for link in server.links()}.values():
        data = bytearray(link.read_bytes())
        match damage:
            case "torn":
                link.write_bytes(data[:-10])
            case "flipped":
                data[-300] ^= 1  # of a window
                link.write_bytes(data)
            case "missing":
                for name in server.links():
                    name.unlink()
                break
            case _:
                pass
    if damage == "swapped":
        for one, other in pairwise(sorted(server.links())):
            content = one.read_bytes()
            one.write_bytes(other.read_bytes())
            other.write_bytes(content)
    server.restart()
    prompt = (*server.sequence["s"], *a_prompt(6, variant=11))
    answer = await server.take_turn("s", a_prompt(6, variant=11))
    assert answer.restored.num_cached_tokens < len(prompt) - 7
    assert answer.tokens() == (await server.cold(prompt)).tokens()
    again = await server.take_turn("s", a_prompt(6, variant=12))
    assert again.restored.num_cached_tokens > len(prompt)


async def test_a_session_travels_with_its_windows(server_of: ServerOf, tmp_path: Path) -> None:
    server = server_of()
    await server.take_turn("s", a_prompt(40))
    await server.take_turns("s", 4)
    (folder := tmp_path / "parcel").mkdir()
    info, root, sequence = server.engine.info, root_of(server.engine), server.sequence["s"]
    pack(server.shelf, server.pool.find_on_shelf(root, sequence), folder)
    server.forget("s")

    other = Shelf(tmp_path / "other", info.fingerprint, info.kv_format)
    destination = Destination(info, root, root_of(server.engine, "elsewhere"), sequence)
    stored = unpack(folder, other, destination)

    last = next(block for block in stored if block.is_snapshot)
    assert last.nbytes == (WINDOW - 1 + len(last.token_ids)) * info.bytes_per_token
    assert not list((tmp_path / "other").rglob("*.w*"))
    assert all(block.file is not None for block in stored)
    for block in stored:
        assert other.read(block.file or "", [block.hash])[block.hash].nbytes == block.nbytes


async def test_a_parcel_with_half_a_snapshot_is_refused(
    server_of: ServerOf, tmp_path: Path
) -> None:
    server = server_of()
    await server.take_turn("s", a_prompt(40))
    await server.take_turns("s", 4)
    (folder := tmp_path / "parcel").mkdir()
    info, root = server.engine.info, root_of(server.engine)
    for path in server.files():
        if path.suffix == ".safetensors":
            (folder / path.name).write_bytes(path.read_bytes())
    other = Shelf(tmp_path / "other", info.fingerprint, info.kv_format)
    sequence = server.sequence["s"]
    destination = Destination(info, root, root_of(server.engine, "elsewhere"), sequence)
    with pytest.raises(InvalidRequest, match="in other files"):
        unpack(folder, other, destination)
    assert other.scan() == []
