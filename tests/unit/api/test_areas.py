"""Which requests belong to which part of the API."""

import pytest

from agent_memory.api.areas import Area, area_of


@pytest.mark.parametrize(
    "path",
    ["/v1/ingest", "/v1/ingest/", "/v1/memory/messages/7", "/v1/expand/i_1/raw", "/v1/embeddings"],
)
def test_what_is_remembered_belongs_to_memory(path: str) -> None:
    assert area_of(path) is Area.MEMORY


@pytest.mark.parametrize("path", ["/v1/workers/jobs/job_1", "/metrics", "/openapi.json"])
def test_jobs_and_metrics_belong_to_administration(path: str) -> None:
    assert area_of(path) is Area.ADMINISTRATION


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/v1",
        "/v1/messages",
        "/v1/agents/a/turns",
        "/health/ready",
        "/v1/memories",
        "/x/v1/ingest",
    ],
)
def test_all_else_is_inference(path: str) -> None:
    assert area_of(path) is None


def test_a_stream_that_is_kept_open_stays_at_the_door() -> None:
    assert area_of("/v1/contexts/changes") is None
    assert area_of("/v1/contexts/changes-of-mine") is Area.MEMORY


def test_breakers_are_asked_for_where_providers_are_asked() -> None:
    assert area_of("/v1/admin/breakers") is None
    assert area_of("/v1/admin/providers/openai/reset") is None
    assert area_of("/v1/admin/providers/openai/test") is Area.ADMINISTRATION
    assert area_of("/v1/admin/providers/a/b/reset") is Area.ADMINISTRATION
