"""Which tokens of a window are written, and where the others are found."""

import numpy as np
import pytest

from agent_memory.device.kv.host_tensor import HostTensor
from agent_memory.device.shelf.window_parts import (
    MAX_EARLIER,
    EarlierPart,
    is_window,
    join_windows,
    last_tokens,
    num_window_tokens,
    parts_behind,
)

HOLLOW = HostTensor("U8", (1, 2, 5, 6), memoryview(bytes(60)))


def part(num_tokens: int, file: str = "file") -> EarlierPart:
    return EarlierPart(file, 1000, num_tokens)


def tensor(num_tokens: int, first: int = 0) -> HostTensor:
    """Two heads with tokens of three numbers, each told apart by its place."""
    numbers = np.arange(first, first + num_tokens, dtype=np.uint16)
    data = np.stack([numbers, numbers + 1000])[..., None] + np.array([0, 7, 9], np.uint16)
    return HostTensor("U16", (1, 2, num_tokens, 3), data.astype("<u2").reshape(-1).view(np.uint8))


def amplification(num_new: int, window: int, num_turns: int = 400) -> float:
    """Tokens written for each new one, from turns of so many."""
    known: list[EarlierPart] = [part(window - 1)]
    written = 0
    for _ in range(num_turns):
        parts = parts_behind(known, window - 1, num_new)
        if parts is None:
            written += window - 1
            known = [part(window - 1)]
            continue
        assert len(parts.earlier) <= MAX_EARLIER
        written += parts.num_own
        known = [part(parts.num_own), *parts.earlier]
    return written / (num_turns * min(num_new, window - 1))


def test_windows_are_known_by_their_names() -> None:
    names = ("3.wk", "3.wv", "13.wk.scales", "13.wv.biases", "3.k", "3.s0", "3.form", "3.wk.other")
    assert [name for name in names if is_window(name)] == list(names[:4])


def test_the_longest_window_counts() -> None:
    shapes = {"0.k": (1, 2, 90, 3), "1.wk": (1, 2, 11, 3), "2.wv": (1, 2, 23, 3)}
    assert num_window_tokens(shapes) == 23
    assert num_window_tokens({"0.k": (1, 2, 90, 3)}) == 0


def test_only_new_tokens_are_written_and_files_as_far_back_as_the_window() -> None:
    known = [part(10, "c"), part(10, "b"), part(10, "a"), part(10, "too old")]
    parts = parts_behind(known, num_tokens=31, num_new=4)
    assert parts is not None
    assert parts.num_own == 4
    assert [each.file for each in parts.earlier] == ["c", "b", "a"]


def test_a_turn_longer_than_the_window_needs_no_earlier_file() -> None:
    assert parts_behind([part(31)], num_tokens=31, num_new=31) is None


def test_what_does_not_reach_back_far_enough_is_of_no_use() -> None:
    assert parts_behind([part(10), part(10)], num_tokens=31, num_new=10) is None
    assert parts_behind([], num_tokens=31, num_new=10) is None


@pytest.mark.parametrize("window", [128, 512, 1024])
def test_turns_of_a_hundred_tokens_are_written_once(window: int) -> None:
    assert amplification(100, window) == 1


@pytest.mark.parametrize("window", [128, 512, 1024, 4096])
@pytest.mark.parametrize("num_new", [1, 2, 3, 7, 10, 20, 50])
def test_tokens_of_short_turns_are_written_fewer_than_two_times(num_new: int, window: int) -> None:
    assert amplification(num_new, window) < 2


def test_a_window_is_put_together_from_its_end() -> None:
    shapes = {"1.wk": (1, 2, 9, 3), "2.wk": (1, 2, 4, 3), "0.k": (1, 2, 2, 3)}
    own = {"1.wk": tensor(2, 18), "2.wk": tensor(2, 18), "0.k": tensor(2, 18)}
    earlier = [
        {"1.wk": tensor(3, 15), "2.wk": tensor(3, 15), "0.k": tensor(1, 17)},
        {"1.wk": tensor(8, 7), "2.wk": tensor(4, 11)},
    ]
    whole = join_windows(own, shapes, earlier)
    for name, expected in {"1.wk": tensor(9, 11), "2.wk": tensor(4, 16), "0.k": own["0.k"]}.items():
        assert whole[name].shape == expected.shape
        assert bytes(whole[name].view) == bytes(expected.view)


def test_tokens_that_are_nowhere_are_missed() -> None:
    with pytest.raises(ValueError, match=r"tokens of tensor '1.wk' are in none of its files"):
        join_windows({"1.wk": tensor(2)}, {"1.wk": (1, 2, 9, 3)}, [{"1.wk": tensor(3)}])


@pytest.mark.parametrize(
    "foreign", [{}, {"1.wk": HostTensor("U8", (1, 2, 5, 6), memoryview(bytes(60)))}]
)
def test_a_file_with_other_tensors_is_none_of_its_files(foreign: dict[str, HostTensor]) -> None:
    with pytest.raises(ValueError, match="of another form"):
        join_windows({"1.wk": tensor(2)}, {"1.wk": (1, 2, 5, 3)}, [foreign])


def test_the_end_of_a_window_is_all_of_it_where_it_is_short() -> None:
    assert bytes(last_tokens(tensor(9, 11), 4).view) == bytes(tensor(4, 16).view)
    assert last_tokens(tensor(3), 4).shape == (1, 2, 3, 3)
