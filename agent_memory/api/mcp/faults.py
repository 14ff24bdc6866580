"""Our errors as the protocol's, where no tool is called that could have a result."""

from collections.abc import Iterator
from contextlib import contextmanager

from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS

from agent_memory.api.errors import fault_of
from agent_memory.errors import AgentMemoryError, InvalidRequest, NotFound, PermissionDenied


@contextmanager
def as_protocol_errors() -> Iterator[None]:
    """What a client asked wrongly is the fault of its parameters."""
    try:
        yield
    except AgentMemoryError as error:
        is_theirs = isinstance(error, InvalidRequest | NotFound | PermissionDenied)
        code = INVALID_PARAMS if is_theirs else INTERNAL_ERROR
        raise MCPError(code, fault_of(error).message) from error
