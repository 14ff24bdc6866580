"""How fast the shelf is read, as far as anyone knows."""

from agent_memory.engine.read_pace import MIN_BYTES, ReadPace


def test_nothing_is_known_before_something_long_was_read() -> None:
    pace = ReadPace()
    pace.observe(MIN_BYTES - 1, 1.0)
    pace.observe(MIN_BYTES, 0.0)
    assert pace.bytes_per_s is None


def test_what_was_read_lately_counts_the_most() -> None:
    pace = ReadPace()
    pace.observe(4 * MIN_BYTES, 1.0)
    for _ in range(20):
        pace.observe(MIN_BYTES, 1.0)
    assert pace.bytes_per_s is not None
    assert MIN_BYTES < pace.bytes_per_s < 1.1 * MIN_BYTES


def test_a_disk_that_was_slow_is_tried_again_in_the_end() -> None:
    pace = ReadPace()
    pace.observe(MIN_BYTES, 1.0)
    for _ in range(20):
        pace.pass_over()
    assert pace.bytes_per_s is not None
    assert pace.bytes_per_s > 50 * MIN_BYTES
