"""Files that have to come from the disk again."""

import os
import sys
from pathlib import Path


def forget_pages(folder: Path) -> bool:
    """Have the system drop what it holds in memory of the files under `folder`.

    False where a system cannot do that for single files (macOS): reads may then come from memory.
    """
    if sys.platform != "linux":
        return False
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                # Only pages that are on the disk can be dropped.
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)
    return True
