"""Chunks as large as nobody notices."""

from agent_memory.engine.pace import SMALLEST_CHUNK, Pace


def test_alone_a_chunk_is_the_whole_budget() -> None:
    assert Pace(512).chunk_limit(0) == 512


def test_before_anything_is_known_a_chunk_beside_decoding_is_small() -> None:
    assert Pace(512).chunk_limit(3) == 125


def test_a_chunk_takes_as_long_as_the_slowdown_allows() -> None:
    pace = Pace(512, slowdown=2.0)
    pace.observe(num_decoding=2, num_prefilled=0, seconds=0.050)
    pace.observe(num_decoding=0, num_prefilled=100, seconds=0.100)
    assert pace.chunk_limit(2) == 94  # 100 ms at 1 ms a token, whole tiles with the two rows' own


def test_a_mixed_step_is_charged_for_its_prefill_only() -> None:
    pace = Pace(512, slowdown=1.0)
    pace.observe(num_decoding=1, num_prefilled=0, seconds=0.064)
    pace.observe(num_decoding=1, num_prefilled=64, seconds=0.128)
    assert pace.chunk_limit(1) == 63


def test_small_chunks_are_charged_what_small_chunks_cost() -> None:
    pace = Pace(512, slowdown=2.0)
    pace.observe(num_decoding=1, num_prefilled=0, seconds=0.050)
    pace.observe(num_decoding=0, num_prefilled=512, seconds=0.512)
    pace.observe(num_decoding=1, num_prefilled=96, seconds=0.050 + 0.192)
    assert pace.chunk_limit(1) == 47
    pace.observe(num_decoding=0, num_prefilled=512, seconds=0.512)
    assert pace.chunk_limit(1) == 47


def test_a_slow_device_still_gets_on() -> None:
    pace = Pace(512)
    pace.observe(num_decoding=1, num_prefilled=0, seconds=0.001)
    pace.observe(num_decoding=0, num_prefilled=100, seconds=10.0)
    assert pace.chunk_limit(1) == 15
    assert pace.chunk_limit(8) == SMALLEST_CHUNK
    assert pace.chunk_limit(9) == 23


def test_decoding_rows_count_against_the_budget() -> None:
    pace = Pace(64, slowdown=100.0)
    pace.observe(num_decoding=20, num_prefilled=0, seconds=1.0)
    pace.observe(num_decoding=0, num_prefilled=64, seconds=0.001)
    assert pace.chunk_limit(20) == 44


def test_the_pace_follows_what_is_measured() -> None:
    pace = Pace(4096, slowdown=1.0)
    pace.observe(num_decoding=1, num_prefilled=0, seconds=0.1)
    for _ in range(50):
        pace.observe(num_decoding=0, num_prefilled=100, seconds=0.1)
    before = pace.chunk_limit(1)
    for _ in range(50):
        pace.observe(num_decoding=0, num_prefilled=100, seconds=0.2)
    assert pace.chunk_limit(1) < before


def test_a_step_that_was_held_up_makes_no_chunk_larger() -> None:
    pace = Pace(512, slowdown=2.0)
    pace.observe(num_decoding=0, num_prefilled=100, seconds=0.100)
    for _ in range(5):
        pace.observe(num_decoding=1, num_prefilled=0, seconds=0.050)
    before = pace.chunk_limit(1)
    pace.observe(num_decoding=1, num_prefilled=0, seconds=5.0)
    assert pace.chunk_limit(1) == before
