"""Bodies of `/v1/contexts…`."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.memory.fields import Instant, Metadata
from agent_memory.contexts.filter import MAX_TAGS
from agent_memory.contexts.policy import MAX_KEPT_VERSIONS, MAX_TTL_S

MAX_OPERATIONS = 1_000
MAX_MEDIA_TYPE = 200


def _visible(text: str) -> str:
    if not text.isprintable():
        raise ValueError("Only printable characters can stand here")
    return text


Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._:-]+$")]
Tag = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_visible)]
Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS)]
Seconds = Annotated[int, Field(ge=1, le=MAX_TTL_S)]
MediaType = Annotated[str, Field(max_length=MAX_MEDIA_TYPE, pattern=r"^[!-~]+/[ -~]+$")]
KeptVersions = Annotated[int, Field(ge=1, le=MAX_KEPT_VERSIONS)] | Literal["all"]


class ContextOptions(Body):
    """What may be said of a context beside its content. What is left out stays as it is."""

    tags: Tags | None = None
    metadata: Metadata | None = None
    session_id: Name | None = None
    agent_id: Name | None = None
    ttl_s: Seconds | None = None
    expires_at: Instant | None = None
    sliding: bool = False
    encrypt: bool | None = None
    compress: bool = True
    keep_versions: KeptVersions | None = None


class ContextBody(ContextOptions):
    """`PUT /v1/contexts/{key}`. data: any JSON value, kept as it was written; a string for `text`,
    and a string in base64 for `bytes`."""

    data: Any
    format: Literal["json", "text", "bytes"] = "json"
    media_type: MediaType | None = None


class ContextOperation(ContextOptions):
    """One operation of a batch. patch: an array is a JSON Patch, anything else a merge patch.
    if_match: as the header."""

    op: Literal["put", "patch", "get", "delete"]
    key: str
    data: Any = None
    format: Literal["json", "text", "bytes"] = "json"
    media_type: MediaType | None = None
    patch: Any = None
    version: Annotated[int, Field(ge=1)] | None = None
    if_match: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    if_none_match: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    erase: bool = False


class ContextBatchBody(Body):
    """`POST /v1/contexts/batch`. atomic: all operations are done, in one transaction, or none."""

    operations: Annotated[list[ContextOperation], Field(min_length=1, max_length=MAX_OPERATIONS)]
    atomic: bool = False


class RollBackContextBody(Body):
    """`POST /v1/contexts/{key}/rollback`."""

    version: Annotated[int, Field(ge=1)]


class RelationshipBody(Body):
    """`PUT /v1/contexts/{key}/relationships`. to: the other key."""

    to: Annotated[str, Field(min_length=1)]
    type: Name = "related"
    strength: Annotated[float, Field(ge=0, le=1)] = 1.0


class ResealBody(Body):
    """`POST /v1/contexts/reseal`. limit: how many versions this call encrypts again."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class ContextPolicyBody(Body):
    """`PUT /v1/contexts/policy`."""

    default_ttl_s: Seconds | None = None
    longest_ttl_s: Seconds | None = None
    keep_versions: KeptVersions = 10


class ContextQuery(BaseModel):
    """Options of `PUT /v1/contexts/{key}` where the body is content alone. `tag` may be repeated.
    raw: the body is content, though its type is JSON."""

    model_config = ConfigDict(frozen=True)

    raw: bool = False
    tag: Tags | None = None
    session_id: Name | None = None
    agent_id: Name | None = None
    ttl_s: Seconds | None = None
    expires_at: Instant | None = None
    sliding: bool = False
    encrypt: bool | None = None
    compress: bool = True
    keep_versions: KeptVersions | None = None

    def options(self) -> ContextOptions:
        """The same as they stand in a body."""
        sent = {"tags" if name == "tag" else name for name in self.model_fields_set - {"raw"}}
        values: dict[str, Any] = {
            name: getattr(self, "tag" if name == "tags" else name, None) for name in _OPTIONS
        }
        return ContextOptions.model_construct(sent, **values)


_OPTIONS = tuple(ContextOptions.model_fields)
