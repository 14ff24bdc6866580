"""Who writes a context."""

from agent_memory.api.call import Call
from agent_memory.contexts.service.pen import Writer


def writer_of(call: Call) -> Writer:
    return Writer(call.workspace, call.principal.key_id)
