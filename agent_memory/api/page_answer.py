"""Pages of lists as answers."""

from collections.abc import Callable
from typing import TypeVar

from starlette.responses import Response

from agent_memory.api.json_answer import json_answer
from agent_memory.pages import Page

Entry = TypeVar("Entry")


def page_answer(page: Page[Entry], rendered: Callable[[Entry], object]) -> Response:
    """`data` and `next_cursor`, each entry as `rendered`."""
    data = [rendered(entry) for entry in page.items]
    return json_answer({"data": data, "next_cursor": page.next_cursor})
