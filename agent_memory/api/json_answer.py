"""A JSON response of our own."""

from collections.abc import Mapping

import orjson
from starlette.responses import Response


def json_answer(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`value` as JSON; dates in ISO 8601."""
    return Response(
        orjson.dumps(value), status, dict(headers) if headers else None, "application/json"
    )
