"""The OpenAI Embeddings API."""

from base64 import b64encode
from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.json_answer import json_answer
from agent_memory.api.metering import Metering, estimated_tokens
from agent_memory.api.openapi import answers, takes
from agent_memory.api.passing import EmbeddingsRenderer, passing_embedding
from agent_memory.api.schemas.embeddings import EmbeddingsBody
from agent_memory.api.turn_response import TurnResponse
from agent_memory.errors import InvalidRequest
from agent_memory.gateway.prices import TokenCounts
from agent_memory.memory.vectors.embedding_space import Embedded

router = APIRouter(tags=["OpenAI"])

_ANSWER = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.021, -0.117, 0.043]}],
    "model": "all-MiniLM-L6-v2",
    "usage": {"prompt_tokens": 5, "total_tokens": 5},
}


@router.post(
    "/v1/embeddings",
    summary="Embed texts",
    openapi_extra=takes(
        EmbeddingsBody, {"model": "all-MiniLM-L6-v2", "input": ["The tests pass."]}
    ),
    responses=answers("A vector of length 1 for each text, in their order.", _ANSWER),
)
async def create_embeddings(request: Request) -> Response:
    """By the model that memory is searched with, or by a provider's. 404 for any other, for vectors
    of different models must not be mixed. Longer texts than our model reads are cut."""
    call = await Call.open(request, Scope.INFERENCE)
    if (passed := await passing_embedding(call)) is not None:
        return TurnResponse(call, [passed], EmbeddingsRenderer(), stream=False)
    body = await call.read(EmbeddingsBody)
    texts = _texts(body)
    async with Metering(call, "embeddings", body.model) as metering:
        headers = await metering.admit(sum(map(estimated_tokens, texts)), 0)
        embedded = await call.surface.runtime.embeddings.embed(texts, body.model, body.dimensions)
        num_tokens = sum(embedded.num_tokens)
        metering.tokens = TokenCounts(input_tokens=num_tokens)
        headers |= await metering.book()
    return json_answer(
        {
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": vector}
                for index, vector in enumerate(_encoded(embedded, body))
            ],
            "model": body.model,
            "usage": {"prompt_tokens": num_tokens, "total_tokens": num_tokens},
        },
        headers=headers,
    )


def _texts(body: EmbeddingsBody) -> Sequence[str]:
    match body.input:
        case str() as text:
            texts = [text]
        case [str(), *_] as texts:
            pass
        case _:
            raise InvalidRequest(
                "Arrays of tokens are not supported: their tokenizer is unknown. Send the texts.",
                "input",
            )
    if not all(isinstance(text, str) and text for text in texts):
        raise InvalidRequest("An empty text has no embedding.", "input")
    return [text for text in texts if isinstance(text, str)]


def _encoded(embedded: Embedded, body: EmbeddingsBody) -> Sequence[object]:
    """Lists of numbers, or base64 of their bytes (little-endian float32)."""
    if body.encoding_format == "float":
        numbers: list[object] = embedded.vectors.tolist()
        return numbers
    return [b64encode(vector.astype("<f4").tobytes()).decode() for vector in embedded.vectors]
