"""Requests that are passed on as they are: for a provider that speaks their protocol, without a
session of ours and without memory."""

from agent_memory.api.call import Call
from agent_memory.api.json_body import parse_object
from agent_memory.api.memory_tool import consented_store, is_memory_tool
from agent_memory.api.onward import names_session, sent_fields, sent_request, way_of
from agent_memory.api.translators.chat_renderer import ChatRenderer
from agent_memory.api.translators.memory_words import MEMORY_HEADER, memory_of_header
from agent_memory.errors import UnknownModel
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sampling import SamplingParams

_TURNS = ("/v1/messages", "/v1/messages/count_tokens", "/v1/chat/completions")
"""Paths whose turns may read documents, and have tools run here."""
_BOUNDS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


async def passing_turn(call: Call) -> TurnRequest | None:
    """The turn, of which only the model and a few numbers were read; None where it is not such a
    request."""
    request = call.request
    way = way_of(request.url.path)
    if way is None:
        return None
    request.state.sent_fields = parse_object(await request.body(), call.surface.limits)
    fields = await sent_fields(request)
    model = fields.get("model")
    route = await call.find_route(model)
    if not route.is_all(way[0]) or await names_session(request) or _asks_memory(call, fields):
        return None
    identity = call.turn(None)
    bound = next((value for name in _BOUNDS if _is_count(value := fields.get(name))), None)
    return TurnRequest(
        turn_id=identity.turn_id,
        request_id=identity.request_id,
        workspace_id=identity.workspace_id,
        messages=(),
        sampling=SamplingParams(bound if isinstance(bound, int) else 0),
        max_tokens_given=bound is not None,
        model=str(model),
        sent=await sent_request(request),
        is_passing=True,
        route=route,
    )


def _asks_memory(call: Call, fields: object) -> bool:
    """Or for documents of ours, or has the memory tool run here."""
    names = ("memory", "contexts", "memory_tool")
    if isinstance(fields, dict) and any(fields.get(name) is not None for name in names):
        return True
    if call.request.url.path in _TURNS and (
        call.principal.defaults.contexts or _runs_memory_tool(call, fields)
    ):
        return True
    asked = call.request.headers.get(MEMORY_HEADER, call.principal.memory)
    return asked is not None and memory_of_header(asked) is not None


def _runs_memory_tool(call: Call, fields: object) -> bool:
    tools = fields.get("tools") if isinstance(fields, dict) else None
    kinds = (
        [tool.get("type") for tool in tools or () if isinstance(tool, dict)]
        if isinstance(tools, list)
        else []
    )
    is_declared = any(is_memory_tool(kind) for kind in kinds)
    return consented_store(call, None, is_declared=is_declared) is not None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def streams(turn: TurnRequest) -> bool:
    """Whether the client wants the answer as it comes."""
    return turn.sent is not None and turn.sent.is_streamed


async def passing_embedding(call: Call) -> TurnRequest | None:
    """The same for vectors: our own models are not among those that answer turns."""
    try:
        return await passing_turn(call)
    except UnknownModel:
        return None


class EmbeddingsRenderer(ChatRenderer):
    """Errors and metrics of vectors that a provider makes."""

    surface = "embeddings"

    def __init__(self) -> None:
        super().__init__("", 0, 1, include_usage=False)
