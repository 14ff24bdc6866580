"""A patch as it is sent."""

from agent_memory.api.call import Call
from agent_memory.api.json_body import check_json
from agent_memory.contexts.patching import apply_patch, merge, read_json
from agent_memory.contexts.service.beside_loop import beside_loop
from agent_memory.contexts.service.pen import Rewrite
from agent_memory.errors import InvalidRequest

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"


async def sent_patch(call: Call) -> Rewrite:
    """What makes the new content out of the present one."""
    raw = (await call.request.body()).removeprefix(b"\xef\xbb\xbf")

    def read() -> object:
        check_json(raw, call.surface.limits)
        return read_json(raw)

    return rewrite_of(
        call.request.headers.get("content-type", ""), await beside_loop(len(raw), read)
    )


def rewrite_of(content_type: str, patch: object) -> Rewrite:
    """By its media type; where that says only that it is JSON, by its form."""
    match content_type.partition(";")[0].strip().lower():
        case "application/merge-patch+json":
            return lambda document: merge(document, patch)
        case "application/json-patch+json":
            return lambda document: apply_patch(document, patch)
        case "" | "application/json" | "application/x-www-form-urlencoded":
            if isinstance(patch, list):
                return lambda document: apply_patch(document, patch)
            return lambda document: merge(document, patch)
        case other:
            message = f"A patch is {MERGE_PATCH} or {JSON_PATCH}, not '{other[:100]}'."
            raise InvalidRequest(message, "Content-Type")
