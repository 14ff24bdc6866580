"""Requests that are generated from the document find no route of administrators wanting."""

from collections.abc import Iterator

from schemathesis.engine import events, from_schema
from schemathesis.specs.openapi.schemas import OpenApiSchema


def faults(schema: OpenApiSchema, paths: str) -> Iterator[str]:
    """What all checks find in the answers of the operations: with the document's examples, with
    every bound of every field, by chance, and in chains where one answer leads to the next."""
    for event in from_schema(schema.include(path_regex=paths)).execute():
        match event:
            case events.NonFatalError() | events.FatalError():
                yield repr(event)
            case events.ScenarioFinished():
                yield from _faults_of(event)


def _faults_of(scenario: events.ScenarioFinished) -> Iterator[str]:
    for checks in scenario.recorder.checks.values():
        for check in checks:
            if (found := check.failure_info) is not None:
                title, message = found.failure.title, found.failure.message
                yield f"{scenario.label}: {title}: {message}\n{found.code_sample}"


def test_the_routes_of_administrators_are_as_they_are_documented(
    described: OpenApiSchema,
) -> None:
    found = list(faults(described, "^/v1/(admin|usage)"))
    assert not found, "\n\n".join(found)
