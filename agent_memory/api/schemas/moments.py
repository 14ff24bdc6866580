"""Days and times in ISO 8601: a number is neither, though pydantic would count its seconds."""

import re
from datetime import date, datetime
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator

_BEGINNING = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _in_words(value: object) -> object:
    if isinstance(value, str) and _BEGINNING.match(value) is not None:
        return value
    if value is None or isinstance(value, date):
        return value
    raise ValueError("write it as in 2026-01-31 or 2026-01-31T12:00:00Z")


IsoDate: TypeAlias = Annotated[date, BeforeValidator(_in_words)]
IsoMoment: TypeAlias = Annotated[datetime, BeforeValidator(_in_words)]
