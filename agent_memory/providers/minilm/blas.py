"""How many threads numpy's own OpenBLAS uses."""

import ctypes
import os
import sys
from pathlib import Path

import numpy as np

_SET_NUM_THREADS = ("scipy_openblas_set_num_threads64_", "scipy_openblas_set_num_threads")


def use_one_blas_thread() -> None:
    """Have matrix products of this process run on the thread that asks for them.

    Texts are shared out over threads of our own, which scales as well and does not spin: on a busy
    machine OpenBLAS's threads wait for each other, and a text takes a second instead of 10 ms.
    Apple's Accelerate, which numpy has from macOS 14 on, reads how many it may have when it is
    first used. Where numpy brings another BLAS nothing is changed.
    """
    if sys.platform == "darwin":
        os.environ.setdefault("VECLIB_MAXIMUM_THREADS", "1")
    package = Path(np.__file__).parent
    libraries = [*package.parent.glob("numpy.libs/*openblas*"), *package.glob(".dylibs/*openblas*")]
    for path in libraries:
        library = ctypes.CDLL(str(path))
        for name in _SET_NUM_THREADS:
            if hasattr(library, name):
                getattr(library, name)(1)
