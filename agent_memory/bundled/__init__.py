"""The models shipped inside the package: a small Llama that keeps facts and calls tools, and
all-MiniLM-L6-v2, which makes vectors of texts.

Only the folders' paths are offered here, so that asking for one loads nothing. The licence of
each lies in its folder.
"""

from pathlib import Path

__all__ = ["minilm_path", "path"]


def path() -> Path:
    """The folder of the bundled model, as `mlx_lm.load` and `transformers` read it."""
    return Path(__file__).parent / "model"


def minilm_path() -> Path:
    """The folder of MiniLM: its weights in eight bits, and its tokenizer."""
    return Path(__file__).parent / "minilm"
