"""Keys by which a database finds near-duplicates: two of them are equal in at least one.

MinHash with locality-sensitive hashing (Broder 1997; Indyk and Motwani 1998) over multiply-shift
hashes. With 12 bands of 5 rows a pair with 85 % of its sequences in common is found with a
probability of 99.9 %, one with 30 % with 3 %. Written out, since importing datasketch takes more
than a second (it brings scipy) in every process that ingests.
"""

import hashlib

import numpy as np
import numpy.typing as npt

from agent_memory.memory.consolidation.shingles import Shingles, shingles_of

NUM_BANDS = 12
ROWS_PER_BAND = 5
_NUM_HASHES = NUM_BANDS * ROWS_PER_BAND
_FACTORS, _SUMMANDS = (  # as good as random, and the same for every version of numpy
    np.frombuffer(hashlib.shake_256(name).digest(8 * _NUM_HASHES), dtype="<u8")
    for name in (b"factors", b"summands")
)


def bands_of(text: str) -> tuple[int, ...]:
    """Twelve keys, 64 bits with sign each; the same in every process. Empty for an empty text."""
    shingles = shingles_of(text)
    if not shingles:
        return ()
    rows = _signature(shingles).reshape(NUM_BANDS, ROWS_PER_BAND)
    return tuple(_key(number, row.tobytes()) for number, row in enumerate(rows))


def _signature(shingles: Shingles) -> npt.NDArray[np.uint64]:
    """Of each of the hash functions the least value over all sequences (its upper 32 bits)."""
    hashed = np.frombuffer(b"".join(map(_hash, shingles)), dtype="<u8").reshape(-1, 1)
    least: npt.NDArray[np.uint64] = (
        (hashed * (_FACTORS | np.uint64(1)) + _SUMMANDS) >> np.uint64(32)
    ).min(axis=0)
    return least.astype("<u8")


def _hash(shingle: tuple[str, ...]) -> bytes:
    words = " ".join(shingle).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(words, digest_size=8).digest()


def _key(number: int, row: bytes) -> int:
    digest = hashlib.blake2b(row, digest_size=8, salt=number.to_bytes(2, "little")).digest()
    return int.from_bytes(digest, "little", signed=True)
