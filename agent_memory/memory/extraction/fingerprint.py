"""The part of a failure that stays when lines, addresses, values and times change."""

import hashlib
import re

from agent_memory.memory.extraction.failures.failure import Failure
from agent_memory.memory.extraction.masks import mask
from agent_memory.memory.extraction.trace import Frame
from agent_memory.memory.search.paths import base_name, normal_path

_NUM_FRAMES = 3
_LENGTH = 24
_LAMBDA = re.compile(
    r"lambda\$([\w]+)\$\d+|\$\$Lambda[^.]*|\$\d+|::h[0-9a-f]{16}|\(0x[0-9a-f]+.*\)"
)


def fingerprint(failure: Failure) -> str:
    """24 hexadecimal digits. Of exception and the top frames of the project; where there are none,
    of exception, test and the message without its values."""
    parts = [failure.exception.rsplit(".", 1)[-1]]
    frames = [_normal(frame) for frame in failure.frames[:_NUM_FRAMES]]
    if frames:
        parts.extend(frames)
    else:
        parts.append(failure.test.test_id if failure.test is not None else "")
        parts.append(mask(failure.message[:500]))
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]


def _normal(frame: Frame) -> str:
    function = _LAMBDA.sub(lambda match: match.group(1) or "", frame.function)
    return f"{base_name(normal_path(frame.file or ''))}:{function}"
