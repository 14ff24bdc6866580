WITH old AS (
    SELECT max(seq) AS seq
    FROM context_changes
    WHERE workspace_id = %(workspace_id)s AND changed_at < %(before)s
), feed AS (
    UPDATE context_feeds SET first_seq = old.seq + 1
    FROM old
    WHERE workspace_id = %(workspace_id)s AND old.seq IS NOT NULL
), dropped AS (
    DELETE FROM context_changes
    USING old
    WHERE workspace_id = %(workspace_id)s AND context_changes.seq <= old.seq
    RETURNING 1
)
SELECT count(*) FROM dropped
