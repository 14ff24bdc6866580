"""`python -m agent_memory.testing.upstream 9000`: the scripted upstream on a port of loopback."""

import asyncio
import sys

from agent_memory.testing.upstream.server import ScriptedUpstream


async def _serve(port: int) -> None:
    upstream = ScriptedUpstream()
    await upstream.start(port)
    sys.stdout.write(f"{upstream.url}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


asyncio.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
