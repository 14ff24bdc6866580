"""`mlx_vlm.server` under measurement, with its prefix cache in memory and on the disk."""

import argparse
from pathlib import Path

from benchmarks.harness.peer_server import PeerServer

BLOCK_TOKENS = 16
"""Of its blocks, by default."""


class MlxVlmServer(PeerServer):
    """The server that comes with mlx-vlm, its blocks hashed so that another process finds them.

    shelf: the folder of its disk cache. num_tokens: what it may keep in memory; None: its default.
    """

    name = "mlx_vlm.server"

    def __init__(
        self, output: Path, model: Path, python: str, shelf: Path, num_tokens: int | None = None
    ) -> None:
        super().__init__(output, model, python)
        self.shelf = shelf
        self.environment = {"APC_ENABLED": "1", "APC_HASH": "sha256", "APC_DISK_PATH": str(shelf)}
        if num_tokens is not None:
            self.environment["APC_NUM_BLOCKS"] = str(num_tokens // BLOCK_TOKENS)


def add_mlx_vlm(parser: argparse.ArgumentParser) -> None:
    """The option that names its interpreter: it need not be this one's environment."""
    parser.add_argument(
        "--mlx-vlm", metavar="PYTHON", help="an interpreter that has mlx-vlm, to measure it too"
    )
