"""A JSON response of our own."""

import orjson
from starlette.responses import Response


def json_answer(value: object, status: int = 200) -> Response:
    """`value` as JSON; dates in ISO 8601."""
    return Response(orjson.dumps(value), status, media_type="application/json")
