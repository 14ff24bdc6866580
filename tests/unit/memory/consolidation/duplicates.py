"""Made-up duplicates and decoys: pairs that say the same, and pairs that only look like it."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """similarity: what an embedding might say of the two."""

    one: str
    other: str
    similarity: float
    is_same: bool
    sort: str


_STATEMENTS = (
    "We decided to store all session transcripts in PostgreSQL as losing them is not an option",
    "The ingest endpoint must answer within 250 ms for a batch of 100 messages from Berlin",
    "Ada prefers dark mode in the editor and a font size of 14 points on her laptop",
    "Please run the migration on Friday evening after the backup of the billing database is done",
    "The parser fails with a KeyError in load_config when the file settings.toml has no section",
    "Retries are limited to 5 attempts with exponential backoff up to 30 seconds per request",
    "Every response carries the request id in the header X-Request-Id so that support can find it",
    "The team in Lisbon owns the recommendation service and deploys it every Tuesday morning",
    "Uploads larger than 20 MB are rejected by the gateway before they reach the application",
    "Caroline adopted a puppy named Rex from the shelter near the old harbour in March",
)
_PARAPHRASES = (
    ("We chose {0} as the database for {1}", "As the database for {1} we chose {0}"),
    ("{0} is what we use for {1}", "For {1}, {0} is what we use"),
    ("The owner of {1} wants {0}", "{0} is wanted by the owner of {1}"),
)
_FILLED = (
    ("PostgreSQL", "billing"), ("Redis", "the session cache"), ("Kafka", "order events"),
    ("SQLite", "local tests"), ("ClickHouse", "analytics"), ("Neo4j", "the knowledge graph"),
)  # fmt: skip
_DECOYS = (
    ("at most 10 retries are made for each call", "at most 100 retries are made for each call"),
    ("the limit is 2.5 GB for every workspace", "the limit is 2.5 MB for every workspace"),
    ("we meet the vendor on Monday at noon", "we meet the vendor on Tuesday at noon"),
    ("we release on 2026-03-01 in the evening", "we release on 2026-03-08 in the evening"),
    ("we should cache the result of this query", "we should not cache the result of this query"),
    ("the service is able to restart by itself", "the service isn't able to restart by itself"),
    ("the tests pass with the new parser", "the tests never pass with the new parser"),
    ("Ada likes to review the code of the parser", "Bob likes to review the code of the parser"),
    ("the code was reviewed and approved by Ada", "the code was reviewed and approved by Grace"),
    ("we deploy the service to Frankfurt first", "we deploy the service to Dublin first"),
    ("the bug is in parse_header of the client", "the bug is in parse_footer of the client"),
    ("see src/cache/pool.py for the details", "see src/cache/lease.py for the details"),
    ("use the model GPT4 for the summaries", "use the model GPT5 for the summaries"),
    ("compression is enabled for all contexts", "compression is disabled for all contexts"),
    ("the job runs before the backup is made", "the job runs after the backup is made"),
    ("all of the shards must be online", "any of the shards must be online"),
    ("clients must send the header", "clients may send the header"),
    ("memory use went up after the change", "memory use went down after the change"),
    ("two workers handle the queue of embeddings", "three workers handle the queue of embeddings"),
    ("the cache is warm. Is that so?", "the cache is warm. That is so."),
    ("Melanie went to the lake last week", "Melanie went to the lake last month"),
    ("the owner of `alpha` is the platform team", "the owner of `beta` is the platform team"),
    ("write to ops@example.com about it", "write to dev@example.com about it"),
    ("Sue moved from Sweden to Norway in May", "Sue moved from Norway to Sweden in May"),
)  # fmt: skip


def looks() -> Iterator[Look]:
    for text in _STATEMENTS:
        yield Look(text, text, 1.0, True, "said again")
        yield Look(text, f"  {text.upper()}.\n", 0.99, True, "said again, written otherwise")
        yield Look(text, f"{text}, as said", 0.99, True, "with a few words more")
    for one, other in _PARAPHRASES:
        for filled in _FILLED:
            yield Look(one.format(*filled), other.format(*filled), 0.975, True, "paraphrase")
    for one, other in _DECOYS:
        yield Look(one, other, 0.985, False, "decoy")
        yield Look(other, one, 0.985, False, "decoy")
    for index, text in enumerate(_STATEMENTS):
        yield Look(text, _STATEMENTS[index - 1], 0.4, False, "unrelated")
