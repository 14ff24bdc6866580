"""One question to an agent of the OpenAI Agents SDK, run in that package's own environment.

Arguments: the server's URL, its key, the model, the file of the session, the question. Prints the
answer and the tokens of each request as JSON.
"""

import asyncio
import json
import sys

from agents import Agent, Runner, SQLiteSession, function_tool, set_tracing_disabled
from agents.models.openai_responses import OpenAIResponsesModel
from openai import AsyncOpenAI

_RULES = "Use your tools. " * 40


def next_word(word: str) -> str:
    """Names what comes next."""
    return f"@@{word}"


async def _ask(url: str, key: str, name: str, file: str, question: str) -> None:
    set_tracing_disabled(True)
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key=key) as client:
        model = OpenAIResponsesModel(name, client)
        agent = Agent("A", instructions=_RULES, tools=[function_tool(next_word)], model=model)
        result = await Runner.run(agent, question, session=SQLiteSession("one", file))
    requests = [
        (response.usage.input_tokens, response.usage.input_tokens_details.cached_tokens)
        for response in result.raw_responses
    ]
    sys.stdout.write(json.dumps({"said": result.final_output, "requests": requests}))


asyncio.run(_ask(*sys.argv[1:]))
