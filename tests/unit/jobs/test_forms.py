"""The jobs that a caller may ask for."""

from dataclasses import dataclass

import pytest

from agent_memory.errors import InvalidRequest
from agent_memory.jobs.forms import STRICT, JobForm, requested_job
from agent_memory.work.job import JobKind, NewJob


@dataclass(frozen=True, slots=True)
class Numbered:
    __pydantic_config__ = STRICT

    number: int
    name: str = "x"


FORM = JobForm(JobKind.CONSOLIDATE, Numbered)


def test_arguments_are_read_into_their_type() -> None:
    assert FORM.parse({"number": 3}) == Numbered(3)


@pytest.mark.parametrize(
    ("args", "param"),
    [
        ({"number": "3"}, "args.number"),
        ({}, "args.number"),
        ({"number": 3, "other": 1}, "args.other"),
        ({"number": 3, "name": None}, "args.name"),
    ],
)
def test_wrong_arguments_are_refused_by_name(args: dict[str, str], param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        FORM.parse(args)

    assert refused.value.param == param


def test_a_caller_may_start_what_does_all_there_is_to_do() -> None:
    assert requested_job("embed_items", {}) == NewJob(JobKind.EMBED_ITEMS, {}, once="all")


@pytest.mark.parametrize(
    "kind",
    ["plan_upkeep", "forget_jobs", "sync_models", "make_backup", "remember_exchange", "", "rm"],
)
def test_a_caller_may_not_start_anything_else(kind: str) -> None:
    with pytest.raises(InvalidRequest, match=r"use one of: .*embed_items"):
        requested_job(kind, {})


def test_a_caller_is_told_which_argument_is_wrong() -> None:
    with pytest.raises(InvalidRequest) as refused:
        requested_job("embed_items", {"limit": 3})

    assert refused.value.param == "args.limit"
