"""One model decoding in a process of its own, with nothing around it: what a token costs at least.

`python -m benchmarks.harness.bare_loop MODEL PROMPT_TOKENS TOKENS` prints the CPU seconds of one
token, those of all threads together.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import mlx.core as mx
from mlx_lm import load
from mlx_lm.generate import generate_step

from agent_memory.device.cpu.blas import find_openblas

_NUM_WARM_UP = 16


def bare_cpu_per_token(model: Path, num_prompt: int, num_tokens: int) -> float:
    """Run the loop in a new process, with the BLAS that the engine gets."""
    openblas = find_openblas()
    env = {} if openblas is None else {"LD_PRELOAD": str(openblas)}
    done = subprocess.run(
        (sys.executable, "-m", __name__, str(model), str(num_prompt), str(num_tokens)),
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def _cpu_per_token(folder: str, num_prompt: int, num_tokens: int) -> float:
    loaded = load(folder)
    prompt = mx.random.randint(0, 256, (num_prompt,))
    steps = generate_step(prompt, loaded[0], max_tokens=_NUM_WARM_UP + num_tokens)
    for _ in range(_NUM_WARM_UP):
        next(steps)
    began_at = time.process_time()
    num_done = sum(1 for _ in steps)
    return (time.process_time() - began_at) / num_done


if __name__ == "__main__":
    print(_cpu_per_token(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
