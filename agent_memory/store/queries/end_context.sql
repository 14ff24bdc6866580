WITH head AS (
    DELETE FROM contexts
    WHERE workspace_id = %(workspace_id)s AND key = %(key)s AND lineage = %(lineage)s
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
        %(now)s, %(by)s, %(session_id)s, %(agent_id)s
    FROM feed
    RETURNING seq
)
SELECT seq, pg_notify('agent_memory_contexts', %(workspace_id)s) FROM change
