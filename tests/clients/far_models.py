"""A scripted upstream beside the tests, which the server asks as two providers."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from agent_memory.testing.upstream.acts import Call, Say
from agent_memory.testing.upstream.server import ScriptedUpstream
from tests.acceptance.server import Server

OPENAI, ANTHROPIC = "far-openai", "far-anthropic"
HEARD = "The far model has heard it."


@contextmanager
def far_models(server: Server) -> Iterator[ScriptedUpstream]:
    """`far-openai/large` and `far-anthropic/large` are the same upstream, in its two protocols."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    upstream = ScriptedUpstream()
    try:
        asyncio.run_coroutine_threadsafe(upstream.start(), loop).result(30)
        for name, dialect in ((OPENAI, "openai"), (ANTHROPIC, "anthropic")):
            added = ("providers", "add", "custom", "--name", name, "--dialect", dialect)
            done = server.command(*added, "--url", upstream.url, "--allow-private")
            assert done.returncode == 0, done.stderr
        yield upstream
    finally:
        asyncio.run_coroutine_threadsafe(upstream.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


def calls_then_speaks(upstream: ScriptedUpstream, tool: str, **arguments: str) -> None:
    """Its next answer calls a tool, and the one after it says that it has heard the result."""
    upstream.requests.clear()
    upstream.acts.extend((Say("", calls=[Call(tool, json.dumps(arguments))]), Say(HEARD)))
