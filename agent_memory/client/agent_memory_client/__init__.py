"""The client of agent_memory.

from agent_memory_client import Client

with Client("http://127.0.0.1:8000", key) as client:
    client.memory.remember("We decided to use PostgreSQL for the ledger.")
    print(client.memory.recall("Which database does the ledger use?").text)
"""

from agent_memory_client._async.client import AsyncClient
from agent_memory_client._async.contexts import AsyncContexts
from agent_memory_client._async.files import AsyncFiles
from agent_memory_client._async.memory import AsyncMemory
from agent_memory_client._async.sessions import AsyncSessions
from agent_memory_client._async.usage import AsyncUsage
from agent_memory_client._sync.client import Client
from agent_memory_client._sync.contexts import Contexts
from agent_memory_client._sync.files import Files
from agent_memory_client._sync.memory import Memory
from agent_memory_client._sync.sessions import Sessions
from agent_memory_client._sync.usage import Usage
from agent_memory_client._version import __version__
from agent_memory_client.errors import (
    BadRequest,
    BrokenOff,
    Busy,
    ClientError,
    Conflict,
    NotAllowed,
    NotFound,
    NotReachable,
    Outdated,
    Refused,
)

__all__ = [
    "AsyncClient",
    "AsyncContexts",
    "AsyncFiles",
    "AsyncMemory",
    "AsyncSessions",
    "AsyncUsage",
    "BadRequest",
    "BrokenOff",
    "Busy",
    "Client",
    "ClientError",
    "Conflict",
    "Contexts",
    "Files",
    "Memory",
    "NotAllowed",
    "NotFound",
    "NotReachable",
    "Outdated",
    "Refused",
    "Sessions",
    "Usage",
    "__version__",
]
