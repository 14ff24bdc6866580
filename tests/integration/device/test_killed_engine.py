"""An engine that is killed with -9 at any moment leaves what it acknowledged, and nothing wrong.

`python -m benchmarks.crash_safety` does the same for hundreds of rounds.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.crash.engine_rounds import EngineRounds
from benchmarks.crash.protocol import BLOCK_SIZE
from benchmarks.crash.reference import Reference


@pytest.fixture(scope="module", params=["llama", "gemma3"])
def model(model_folder: Callable[[str], Path], request: pytest.FixtureRequest) -> Path:
    """Layers that can be cut by position, and some with windows."""
    return model_folder(request.param)


@pytest.fixture(scope="module")
def reference(model: Path) -> Iterator[Reference]:
    reference = Reference(model)
    yield reference
    reference.close()


@pytest.fixture
def rounds(tmp_path: Path, model: Path, reference: Reference) -> EngineRounds:
    return EngineRounds(tmp_path, model, reference, seed=7)


def test_what_was_acknowledged_is_resumed_with_at_most_one_block_computed_again(
    rounds: EngineRounds,
) -> None:
    for _ in range(3):
        rounds.run(is_tight=False, may_damage=False)

    assert rounds.findings.failures == []
    assert rounds.findings.num_turns > 0
    assert rounds.findings.most_recomputed <= BLOCK_SIZE


def test_no_token_is_wrong_where_blocks_are_evicted_files_damaged_and_the_disk_is_full(
    rounds: EngineRounds,
) -> None:
    for is_tight in (True, False, True):
        rounds.run(is_tight=is_tight, may_damage=True)

    assert rounds.findings.failures == []
    assert rounds.findings.num_turns > 0
