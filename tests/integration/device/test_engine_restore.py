"""Tokens that a turn has computed are not computed again, and are the same when they come back."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agent_memory.cache.hashing import chain_hash
from agent_memory.cache.lease import Location, StoredBlock
from agent_memory.device.engine import MlxEngine
from agent_memory.ids import BlockHash
from agent_memory.turns.events import FinishReason
from agent_memory.turns.sampling import SamplingParams
from tests.integration.device.conftest import BLOCK_SIZE, small_settings
from tests.integration.device.engine_driver import (
    GREEDY,
    Answer,
    a_prompt,
    a_request,
    ask,
    lease_of,
    root_of,
)

GREEDY_ONE = SamplingParams(max_tokens=1, temperature=0)
WITH_LOGPROBS = SamplingParams(max_tokens=8, temperature=0, num_logprobs=3)


def next_prompt(prompt: tuple[int, ...], answer: Answer) -> tuple[int, ...]:
    """What was said, and a new message after it."""
    return (*prompt, *answer.tokens(), *a_prompt(9, variant=5))


async def first_turn(
    engine: MlxEngine, length: int = 41, variant: int = 0
) -> tuple[Answer, tuple[int, ...]]:
    prompt = a_prompt(length, variant)
    answer = await ask(engine, a_request(engine, prompt))
    return answer, next_prompt(prompt, answer)


def files_of(shelf: Path, block: StoredBlock) -> list[Path]:
    return list(shelf.rglob(f"{block.file}*"))


def damage_file(shelf: Path, block: StoredBlock, damage: str) -> None:
    (path,) = files_of(shelf, block)
    content = bytearray(path.read_bytes())
    match damage:
        case "torn":
            path.write_bytes(content[:-10])
        case "flipped":
            content[-10] ^= 1
            path.write_bytes(content)
        case _:
            path.unlink()


@pytest.fixture
def own_engine(
    model_folder: Callable[[str], Path], tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[], MlxEngine]:
    """Starts an engine on one shelf, again and again: a server that is restarted."""

    def start() -> MlxEngine:
        engine = MlxEngine.load(model_folder("llama"), "llama", small_settings(), tmp_path)
        request.addfinalizer(engine.close)
        return engine

    return start


async def test_the_next_turn_prefills_only_what_is_new(engine: MlxEngine) -> None:
    answer, prompt = await first_turn(engine)
    cold = await ask(engine, a_request(engine, prompt))
    lease = lease_of(answer.stored.blocks, prompt)
    warm = await ask(engine, a_request(engine, prompt, lease=lease))
    assert warm.restored.num_cached_tokens == answer.stored.num_tokens
    assert warm.prefilled[-1].num_total == len(prompt) - 1
    assert warm.tokens() == cold.tokens()


async def test_the_next_turn_from_the_shelf_is_the_one_from_memory(engine: MlxEngine) -> None:
    answer, prompt = await first_turn(engine, variant=1)
    blocks = answer.stored.blocks
    kept = await ask(
        engine, a_request(engine, prompt, WITH_LOGPROBS, lease=lease_of(blocks, prompt))
    )
    evicting = lease_of(
        blocks, prompt, location=Location.SHELF, evict=[block.hash for block in blocks]
    )
    # A lease never evicts what it holds; a turn of somebody else does.
    await ask(engine, a_request(engine, a_prompt(3), lease=replace(evicting, cached=())))
    restored = await ask(
        engine,
        a_request(engine, prompt, WITH_LOGPROBS, lease=replace(evicting, evict=())),
    )
    assert kept.restored.num_from_shelf == 0
    assert restored.restored.num_from_shelf == answer.stored.num_tokens
    assert restored.tokens() == kept.tokens()
    assert restored.logprobs() == kept.logprobs()  # to the last bit


async def test_many_turns_say_what_one_cold_engine_says(engine: MlxEngine) -> None:
    prompt = a_prompt(20, variant=2)
    blocks: tuple[StoredBlock, ...] = ()
    for _ in range(5):
        lease = lease_of(blocks, prompt)
        warm = await ask(engine, a_request(engine, prompt, lease=lease))
        cold = await ask(engine, a_request(engine, prompt))
        assert warm.tokens() == cold.tokens()
        assert warm.restored.num_cached_tokens == lease.num_cached_tokens
        assert warm.stored.num_tokens == len(prompt) + len(warm.tokens()) - 1
        blocks, prompt = warm.stored.blocks, next_prompt(prompt, warm)


async def test_what_is_stored_is_a_chain_of_the_sequence(llama: MlxEngine) -> None:
    answer, _ = await first_turn(llama, length=37)
    sequence = (*a_prompt(37), *answer.tokens()[:-1])
    assert answer.stored.num_tokens == len(sequence)
    parent, position = root_of(llama), 0
    for block in answer.stored.blocks:
        assert block.parent == parent
        assert block.token_ids == sequence[position : position + len(block.token_ids)]
        assert block.hash == chain_hash(parent, block.token_ids)
        assert block.nbytes == len(block.token_ids) * llama.info.bytes_per_token
        assert block.file is not None
        parent, position = block.hash, position + len(block.token_ids)
    assert position == len(sequence)
    files = [block.file for block in answer.stored.blocks]
    assert len(set(files)) == 2  # the full blocks in one, the tail in another


async def test_full_blocks_that_are_known_are_not_written_again(llama: MlxEngine) -> None:
    answer, prompt = await first_turn(llama, length=40, variant=3)
    first = {block.hash: block.file for block in answer.stored.blocks}
    lease = lease_of(answer.stored.blocks, prompt)
    second = await ask(llama, a_request(llama, prompt, lease=lease))
    again = {block.hash: block.file for block in second.stored.blocks}
    common = first.keys() & again.keys()
    assert len(common) == 40 // BLOCK_SIZE + 2  # the tail, too: what follows is its child
    assert all(first[hash_] == again[hash_] for hash_ in common)


async def test_every_token_is_written_once(own_engine: Callable[[], MlxEngine]) -> None:
    engine = own_engine()
    prompt = a_prompt(20, variant=2)
    blocks: tuple[StoredBlock, ...] = ()
    num_stored = 0
    for _ in range(6):
        lease = lease_of(blocks, prompt)
        answer = await ask(engine, a_request(engine, prompt, lease=lease))
        assert answer.restored.num_cached_tokens == num_stored
        blocks, prompt = answer.stored.blocks, next_prompt(prompt, answer)
        num_stored = answer.stored.num_tokens
    written = engine.stats().shelf.bytes_written
    assert written == num_stored * engine.info.bytes_per_token
    assert sum(len(block.token_ids) for block in blocks) == num_stored


async def test_a_tiny_tail_is_cut_anew_with_what_follows_it(
    own_engine: Callable[[], MlxEngine],
) -> None:
    engine = own_engine()
    first = await ask(engine, a_request(engine, a_prompt(2 * BLOCK_SIZE), GREEDY_ONE))
    assert len(first.stored.blocks) == 2
    prompt = (*a_prompt(2 * BLOCK_SIZE), *first.tokens(), 77)
    lease = lease_of(first.stored.blocks, prompt)
    second = await ask(engine, a_request(engine, prompt, GREEDY_ONE, lease=lease))
    assert [len(block.token_ids) for block in second.stored.blocks] == [BLOCK_SIZE, BLOCK_SIZE, 2]
    longer = (*prompt, *second.tokens(), *a_prompt(40))
    lease = lease_of(second.stored.blocks, longer)
    third = await ask(engine, a_request(engine, longer, GREEDY_ONE, lease=lease))
    assert [len(block.token_ids) for block in third.stored.blocks] == [BLOCK_SIZE] * 4 + [11]
    cold = await ask(engine, a_request(engine, longer, GREEDY_ONE))
    assert third.tokens() == cold.tokens()


async def test_half_a_block_can_be_used(llama: MlxEngine) -> None:
    answer, _ = await first_turn(llama, length=41, variant=4)
    sequence = (*a_prompt(41, 4), *answer.tokens()[:-1])
    for num_kept in (1, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 5, len(sequence) - 1):
        prompt = (*sequence[:num_kept], 400, 401)
        lease = lease_of(answer.stored.blocks, prompt)
        assert lease.num_cached_tokens == num_kept
        warm = await ask(llama, a_request(llama, prompt, lease=lease))
        cold = await ask(llama, a_request(llama, prompt))
        assert warm.restored.num_cached_tokens == num_kept
        assert warm.tokens() == cold.tokens()


async def test_the_very_same_prompt_feeds_one_token(llama: MlxEngine) -> None:
    prompt = a_prompt(48, variant=6)
    first = await ask(llama, a_request(llama, prompt))
    again = await ask(llama, a_request(llama, prompt, lease=lease_of(first.stored.blocks, prompt)))
    assert again.restored.num_cached_tokens == len(prompt) - 1
    assert again.prefilled == []
    assert again.tokens() == first.tokens()


async def test_a_snapshot_model_needs_its_snapshot(
    engine_of: Callable[[str], MlxEngine],
) -> None:
    engine = engine_of("gemma3")
    answer, _ = await first_turn(engine, length=41, variant=7)
    sequence = (*a_prompt(41, 7), *answer.tokens()[:-1])
    prompt = (*sequence[: 2 * BLOCK_SIZE], 400, 401)
    lease = lease_of(answer.stored.blocks, prompt)
    assert lease.num_cached_tokens == 2 * BLOCK_SIZE  # full blocks, and no snapshot after them
    warm = await ask(engine, a_request(engine, prompt, lease=lease))
    assert warm.restored.num_cached_tokens == 0
    assert warm.tokens() == (await ask(engine, a_request(engine, prompt))).tokens()


@pytest.mark.parametrize("shape", ["gemma3", "recurrent"])
async def test_a_turn_that_ends_with_a_full_block_can_be_gone_on_from(
    engine_of: Callable[[str], MlxEngine], shape: str
) -> None:
    engine = engine_of(shape)
    prompt = a_prompt(3 * BLOCK_SIZE, variant=8)
    first = await ask(engine, a_request(engine, prompt, replace(GREEDY, max_tokens=1)))
    assert first.stored.num_tokens == len(prompt)
    following = (*prompt, *first.tokens(), *a_prompt(5))
    lease = lease_of(first.stored.blocks, following)
    warm = await ask(engine, a_request(engine, following, lease=lease))
    assert warm.restored.num_cached_tokens == len(prompt)
    assert warm.tokens() == (await ask(engine, a_request(engine, following))).tokens()


async def test_a_restarted_engine_goes_on_from_the_shelf(
    own_engine: Callable[[], MlxEngine],
) -> None:
    before = own_engine()
    answer, prompt = await first_turn(before)
    uninterrupted = await ask(
        before, a_request(before, prompt, lease=lease_of(answer.stored.blocks, prompt))
    )
    before.close()
    after = own_engine()
    assert after.info.fingerprint == before.info.fingerprint
    assert after.info.incarnation != before.info.incarnation
    lease = lease_of(answer.stored.blocks, prompt, location=Location.SHELF)
    resumed = await ask(after, a_request(after, prompt, lease=lease))
    assert resumed.restored.num_from_shelf == answer.stored.num_tokens
    assert resumed.tokens() == uninterrupted.tokens()


@pytest.mark.parametrize("damage", ["torn", "flipped", "missing"])
async def test_a_damaged_file_is_a_miss_and_never_a_wrong_token(
    own_engine: Callable[[], MlxEngine], tmp_path: Path, damage: str
) -> None:
    engine = own_engine()
    answer, prompt = await first_turn(engine)
    cold = await ask(engine, a_request(engine, prompt))
    tail = answer.stored.blocks[-1]
    damage_file(tmp_path, tail, damage)
    lease = lease_of(answer.stored.blocks, prompt, location=Location.SHELF, epoch=1)
    warm = await ask(engine, a_request(engine, prompt, lease=lease))
    assert warm.restored.bad_files == (tail.file,)
    assert warm.restored.num_cached_tokens == lease.num_cached_tokens - len(tail.token_ids)
    assert warm.tokens() == cold.tokens()


async def test_a_new_epoch_forgets_what_is_resident(own_engine: Callable[[], MlxEngine]) -> None:
    engine = own_engine()
    answer, prompt = await first_turn(engine)
    assert engine.stats().resident_blocks == len(answer.stored.blocks)
    assert engine.stats().resident_bytes == sum(block.nbytes for block in answer.stored.blocks)
    only_resident = [replace(block, file=None) for block in answer.stored.blocks]
    lease = lease_of(only_resident, prompt, epoch=1)
    warm = await ask(engine, a_request(engine, prompt, lease=lease))
    assert warm.restored.num_cached_tokens == 0


async def test_a_lease_evicts_and_discards(
    own_engine: Callable[[], MlxEngine], tmp_path: Path
) -> None:
    engine = own_engine()
    answer, _ = await first_turn(engine)
    tail = answer.stored.blocks[-1]
    assert files_of(tmp_path, tail)
    num_before = engine.stats().resident_blocks
    lease = lease_of((), (), evict=[tail.hash], discard=[tail.file or ""])
    other = await ask(engine, a_request(engine, a_prompt(3, 9), lease=lease))
    num_added = len(other.stored.blocks)
    assert engine.stats().resident_blocks == num_before - 1 + num_added
    assert not files_of(tmp_path, tail)


async def test_a_resident_block_whose_file_was_discarded_is_written_again(
    own_engine: Callable[[], MlxEngine], tmp_path: Path
) -> None:
    engine = own_engine()
    answer, prompt = await first_turn(engine)
    first = answer.stored.blocks[0]
    lease = lease_of(answer.stored.blocks, prompt, discard=[first.file or ""])
    again = await ask(engine, a_request(engine, prompt, lease=lease))
    rewritten = again.stored.blocks[0]
    assert rewritten.hash == first.hash
    assert files_of(tmp_path, rewritten)


async def test_a_block_that_is_not_what_its_lease_says_is_not_used(llama: MlxEngine) -> None:
    answer, prompt = await first_turn(llama, variant=10)
    lease = lease_of(answer.stored.blocks, prompt)
    changed = (prompt[0], prompt[1] + 1, *prompt[2:])
    warm = await ask(llama, a_request(llama, changed, lease=lease))
    assert warm.restored.num_cached_tokens == 0
    assert warm.tokens() == (await ask(llama, a_request(llama, changed))).tokens()


async def test_an_unknown_block_ends_the_prefix(llama: MlxEngine) -> None:
    answer, prompt = await first_turn(llama, variant=11)
    lease = lease_of(answer.stored.blocks, prompt)
    first, second, *rest = lease.cached
    unknown = replace(second, hash=BlockHash("ab" * 32), file=None)
    broken = replace(lease, cached=(first, unknown, *rest))
    warm = await ask(llama, a_request(llama, prompt, lease=broken))
    assert warm.restored.num_cached_tokens == first.num_used
    assert warm.tokens() == (await ask(llama, a_request(llama, prompt))).tokens()


async def test_a_cancelled_prefill_keeps_its_blocks_and_the_retry_uses_them(
    engine: MlxEngine,
) -> None:
    prompt = a_prompt(600, variant=12)
    stream = engine.generate(a_request(engine, prompt))
    answer = Answer()
    async for event in stream:
        answer.events.append(event)
        if answer.prefilled:
            stream.cancel()
    assert answer.finished.reason is FinishReason.CANCELLED
    assert answer.tokens() == []
    num_done = answer.prefilled[-1].num_done
    assert 0 < num_done <= answer.stored.num_tokens < len(prompt)
    retry = await ask(
        engine, a_request(engine, prompt, lease=lease_of(answer.stored.blocks, prompt))
    )
    assert retry.restored.num_cached_tokens == answer.stored.num_tokens
    assert retry.tokens() == (await ask(engine, a_request(engine, prompt))).tokens()


async def test_a_cancelled_answer_can_be_gone_on_from(engine: MlxEngine) -> None:
    prompt = a_prompt(30, variant=13)
    whole = await ask(engine, a_request(engine, prompt, replace(GREEDY, max_tokens=200)))
    stream = engine.generate(a_request(engine, prompt, replace(GREEDY, max_tokens=200)))
    answer = Answer()
    async for event in stream:
        answer.events.append(event)
        if len(answer.tokens()) == 5:
            stream.cancel()
    said = answer.tokens()
    assert said == whole.tokens()[: len(said)]
    assert answer.stored.num_tokens >= len(prompt) + len(said) - 1
    following = (*prompt, *said, *a_prompt(4))
    lease = lease_of(answer.stored.blocks, following)
    resumed = await ask(engine, a_request(engine, following, lease=lease))
    assert resumed.restored.num_cached_tokens == answer.stored.num_tokens
    assert resumed.tokens() == (await ask(engine, a_request(engine, following))).tokens()


@pytest.mark.parametrize("num_forced", [1, 7, 15])
async def test_an_interrupted_answer_goes_on_as_if_nothing_had_happened(
    engine: MlxEngine, num_forced: int
) -> None:
    sampling = SamplingParams(
        max_tokens=16, temperature=0.9, seed=11, frequency_penalty=0.5, repetition_penalty=1.2
    )
    prompt = a_prompt(21, variant=14)
    whole = await ask(engine, a_request(engine, prompt, sampling))
    forced = whole.tokens()[:num_forced]
    resumed = await ask(engine, a_request(engine, prompt, sampling, forced=forced))
    assert resumed.tokens() == whole.tokens()
    assert resumed.text() == whole.text()
    assert resumed.finished.reason == whole.finished.reason
    assert resumed.stored.num_tokens == whole.stored.num_tokens


async def test_an_engine_without_a_shelf_keeps_blocks_in_memory(
    model_folder: Callable[[str], Path],
) -> None:
    engine = MlxEngine.load(model_folder("llama"), "llama", small_settings(), None)
    try:
        answer, prompt = await first_turn(engine)
        assert all(block.file is None for block in answer.stored.blocks)
        lease = lease_of(answer.stored.blocks, prompt)
        warm = await ask(engine, a_request(engine, prompt, lease=lease))
        assert warm.restored.num_cached_tokens == answer.stored.num_tokens
    finally:
        engine.close()
