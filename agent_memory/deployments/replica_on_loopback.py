"""Keep a Serve replica's own server on loopback."""

from collections.abc import Callable
from typing import Any

from ray.serve._private import replica

_LOOPBACK = "127.0.0.1:0"


def keep_replica_on_loopback() -> None:
    """Bind the replica's inter-deployment gRPC server to loopback instead of every address.

    Serve has no setting for it and binds `[::]`; whoever reaches that port could hand pickles to
    the replica. To be called in the replica's process before its servers start (in the constructor
    of its deployment). Fails loudly where Serve is not the version this was written for.
    """
    original: Callable[[Any, str], int] = replica.add_port_to_grpc_server

    def add_port(server: Any, address: str) -> int:
        return original(server, _LOOPBACK if address == "[::]:0" else address)

    replica.add_port_to_grpc_server = add_port
