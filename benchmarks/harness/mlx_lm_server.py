"""`mlx_lm.server` under measurement."""

import sys
from pathlib import Path

from benchmarks.harness.peer_server import PeerServer


class MlxLmServer(PeerServer):
    """The server that comes with mlx-lm, from this interpreter's environment."""

    name = "mlx_lm.server"

    def __init__(self, output: Path, model: Path) -> None:
        super().__init__(output, model, sys.executable)
