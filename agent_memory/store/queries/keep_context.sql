WITH version AS (
    INSERT INTO context_versions (
        workspace_id, lineage, version, key, cause, from_version, format, media_type, size, sha256,
        body, encoding, sealed_with, tags, metadata, session_id, agent_id, made_at, made_by
    )
    VALUES (
        %(workspace_id)s, %(lineage)s, %(version)s, %(key)s, %(cause)s, %(from_version)s,
        %(format)s, %(media_type)s, %(size)s, %(sha256)s, %(body)s, %(encoding)s, %(sealed_with)s,
        %(tags)s::text[], %(metadata)s::jsonb, %(session_id)s, %(agent_id)s, %(made_at)s,
        %(made_by)s
    )
), head AS (
    INSERT INTO contexts (
        workspace_id, key, lineage, version, tags, session_id, agent_id, ttl_s, is_sliding,
        expires_at, keep_versions, created_at, created_by
    )
    VALUES (
        %(workspace_id)s, %(key)s, %(lineage)s, %(version)s, %(tags)s::text[], %(session_id)s,
        %(agent_id)s, %(ttl_s)s, %(is_sliding)s, %(expires_at)s, %(keep_versions)s, %(created_at)s,
        %(created_by)s
    )
    ON CONFLICT (workspace_id, key) DO UPDATE SET
        lineage = excluded.lineage,
        version = excluded.version,
        tags = excluded.tags,
        session_id = excluded.session_id,
        agent_id = excluded.agent_id,
        ttl_s = excluded.ttl_s,
        is_sliding = excluded.is_sliding,
        expires_at = excluded.expires_at,
        keep_versions = excluded.keep_versions
), trimmed AS (
    DELETE FROM context_versions
    WHERE workspace_id = %(workspace_id)s AND lineage = %(lineage)s
        AND %(num_kept)s::bigint > 0 AND version <= %(version)s::bigint - %(num_kept)s::bigint
), feed AS (
    INSERT INTO context_feeds (workspace_id, last_seq)
    VALUES (%(workspace_id)s, 1)
    ON CONFLICT (workspace_id) DO UPDATE SET last_seq = context_feeds.last_seq + 1
    RETURNING last_seq
), change AS (
    INSERT INTO context_changes (
        workspace_id, seq, op, cause, key, lineage, version, changed_at, changed_by, session_id,
        agent_id
    )
    SELECT
        %(workspace_id)s, feed.last_seq, %(op)s, %(cause)s, %(key)s, %(lineage)s, %(version)s,
        %(made_at)s, %(made_by)s, %(session_id)s, %(agent_id)s
    FROM feed
    RETURNING seq
)
SELECT seq, pg_notify('agent_memory_contexts', %(workspace_id)s) FROM change
