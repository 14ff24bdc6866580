"""Days and times as clients write them."""

from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from agent_memory.api.schemas.moments import IsoDate, IsoMoment


def test_days_and_times_are_read_in_iso_8601() -> None:
    assert TypeAdapter(IsoDate).validate_python("2026-01-31") == date(2026, 1, 31)
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert TypeAdapter(IsoMoment).validate_python("2026-01-31T12:00:00Z") == noon


@pytest.mark.parametrize("value", [0, 1.5, "0", "1767225600", "31.1.2026", ""])
def test_a_number_is_neither_a_day_nor_a_time(value: object) -> None:
    for kind in (IsoDate, IsoMoment):
        with pytest.raises(ValidationError, match="write it as in"):
            TypeAdapter(kind).validate_python(value)
