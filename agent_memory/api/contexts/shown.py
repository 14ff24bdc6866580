"""Contexts as they are answered."""

from agent_memory.api.contexts.content import shown
from agent_memory.contexts.context import Context, ReadContext, VersionInfo
from agent_memory.contexts.diffing import Diff
from agent_memory.contexts.link import Link
from agent_memory.contexts.policy import ALL_VERSIONS, ContextPolicy
from agent_memory.contexts.receipt import Receipt
from agent_memory.contexts.usage import Analytics

_DIGITS = 6


def version_json(version: VersionInfo) -> dict[str, object]:
    """A version without its content."""
    address, traits = version.address, version.traits
    return {
        "key": address.key,
        "version": address.version,
        "lineage": address.lineage,
        "etag": version.etag,
        "sha256": version.sha256,
        "size": version.size,
        "format": version.format,
        "media_type": version.media_type,
        "encrypted": version.is_sealed,
        "tags": list(traits.tags),
        "metadata": dict(traits.metadata),
        "session_id": traits.session_id,
        "agent_id": traits.agent_id,
        "cause": version.cause,
        "from_version": version.from_version,
        "updated_at": version.made_at,
        "updated_by": version.made_by,
    }


def context_json(context: Context, version: VersionInfo | None = None) -> dict[str, object]:
    """A context, with what its present version or `version` says of itself."""
    lifetime = context.lifetime
    return {
        **version_json(version or context.present),
        "created_at": context.created_at,
        "created_by": context.created_by,
        "ttl_s": lifetime.ttl_s,
        "sliding": lifetime.is_sliding,
        "expires_at": lifetime.expires_at,
        "keep_versions": kept_json(context.keep_versions),
        "num_reads": context.num_reads,
        "last_read_at": context.last_read_at,
    }


def read_json(read: ReadContext) -> dict[str, object]:
    """A context with the content of one version."""
    return {
        **context_json(read.context, read.version),
        "sha256": read.document.sha256,
        **shown(read.document),
    }


def receipt_json(receipt: Receipt) -> dict[str, object]:
    """What was written."""
    return {
        "key": receipt.key,
        "version": receipt.version,
        "lineage": receipt.lineage,
        "etag": receipt.etag,
        "sha256": receipt.sha256,
        "size": receipt.size,
        "encrypted": receipt.is_sealed,
        "change": receipt.op,
        "seq": receipt.seq,
        "updated_at": receipt.at,
        "updated_by": receipt.by,
        "expires_at": receipt.expires_at,
    }


def policy_json(policy: ContextPolicy) -> dict[str, object]:
    """What holds for the workspace."""
    return {
        "default_ttl_s": policy.default_ttl_s,
        "longest_ttl_s": policy.longest_ttl_s,
        "keep_versions": kept_json(policy.keep_versions),
    }


def kept_json(kept: int | None) -> int | str | None:
    return "all" if kept == ALL_VERSIONS else kept


def diff_json(diff: Diff) -> dict[str, object]:
    """What is different between two versions."""
    return {
        "key": diff.after.address.key,
        "from": diff.before.address.version,
        "to": diff.after.address.version,
        "same": diff.is_same,
        "format": diff.form,
        "diff": diff.text if diff.operations is None else diff.operations,
    }


def link_json(link: Link) -> dict[str, object]:
    """A relationship."""
    return {
        "from": link.from_key,
        "to": link.to_key,
        "type": link.type,
        "strength": round(link.strength, _DIGITS),
        "created_at": link.created_at,
        "created_by": link.created_by,
    }


def analytics_json(analytics: Analytics) -> dict[str, object]:
    """How contexts are used."""
    measures, hit_rate = analytics.measures, analytics.hit_rate
    return {
        "contexts": measures.num_contexts,
        "versions": measures.num_versions,
        "bytes": measures.num_bytes,
        "stored_bytes": measures.num_stored_bytes,
        "encrypted": measures.num_sealed,
        "sessions": measures.num_sessions,
        "agents": measures.num_agents,
        "reads": measures.num_reads,
        "hit_rate": None if hit_rate is None else round(hit_rate, _DIGITS),
        "first_created_at": measures.first_created_at,
        "last_updated_at": measures.last_updated_at,
        "most_read": [{"key": one.key, "reads": one.num_reads} for one in analytics.most_read],
        "days": [
            {
                "day": day.day,
                "reads": day.num_reads,
                "misses": day.num_misses,
                "writes": day.num_writes,
                "deletes": day.num_deletes,
            }
            for day in analytics.days
        ],
    }
