INSERT INTO context_links (
    workspace_id, from_key, to_key, type, strength, created_at, created_by
)
SELECT %(workspace_id)s, a.key, b.key, %(type)s, %(strength)s, %(now)s, %(by)s
FROM contexts AS a, contexts AS b
WHERE a.workspace_id = %(workspace_id)s AND a.key = %(from_key)s
    AND (a.expires_at IS NULL OR a.expires_at > %(now)s)
    AND b.workspace_id = %(workspace_id)s AND b.key = %(to_key)s
    AND (b.expires_at IS NULL OR b.expires_at > %(now)s)
ON CONFLICT (workspace_id, from_key, to_key, type) DO UPDATE SET strength = excluded.strength
RETURNING from_key, to_key, type, strength::float8 AS strength, created_at, created_by
