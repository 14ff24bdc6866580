"""The model shipped inside the package: a small Llama that keeps facts and calls tools.

Only the folder's path is offered here, so that asking for it loads nothing.
"""

from pathlib import Path

__all__ = ["path"]


def path() -> Path:
    """The folder of the bundled model, as `mlx_lm.load` and `transformers` read it."""
    return Path(__file__).parent / "model"
