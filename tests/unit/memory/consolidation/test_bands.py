"""Whether near-duplicates can be found by equal keys."""

from random import Random

from agent_memory.memory.consolidation.bands import NUM_BANDS, bands_of

GOLDEN = 3_975_429_026_858_685_340
TEXT = (
    "We decided to keep the transcripts of all sessions in PostgreSQL because losing one of them "
    "is not an option, whatever happens to the caches below the prompt or to the machine itself"
)


def test_keys_are_the_same_in_every_process_and_fit_a_bigint() -> None:
    bands = bands_of("the quick brown fox jumps over the lazy dog")

    assert bands[0] == GOLDEN
    assert len(bands) == NUM_BANDS
    assert all(-(2**63) <= band < 2**63 for band in bands)


def test_near_duplicates_share_a_key() -> None:
    words = TEXT.split()
    found = sum(
        not set(bands_of(TEXT)).isdisjoint(bands_of(" ".join([*words[:at], "now", *words[at:]])))
        for at in range(len(words))
    )

    assert found == len(words)


def test_unrelated_texts_share_none() -> None:
    others = [f"{word} and then something else about {word}s was said" for word in TEXT.split()]

    assert all(set(bands_of(TEXT)).isdisjoint(bands_of(other)) for other in others)


def test_how_many_pairs_are_found_follows_from_what_they_have_in_common() -> None:
    random = Random(1)  # noqa: S311  the same pairs each time
    words = [f"w{number}" for number in range(60)]

    def share_found(num_changed: int) -> float:
        found = 0
        for case in range(300):
            one = [f"{word}c{case}" for word in words]
            other = one[: len(one) - num_changed] + [
                f"x{random.getrandbits(60)}" for _ in range(num_changed)
            ]
            found += not set(bands_of(" ".join(one))).isdisjoint(bands_of(" ".join(other)))
        return found / 300

    assert share_found(4) >= 0.99  # 87 % in common
    assert share_found(34) <= 0.08  # 26 % in common


def test_case_and_spaces_make_no_difference_and_nothing_has_no_keys() -> None:
    assert bands_of(TEXT) == bands_of(f"  {TEXT.upper()} \n")
    assert bands_of(" \n ") == ()
