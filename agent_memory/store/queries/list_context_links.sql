SELECT l.from_key, l.to_key, l.type, l.strength::float8 AS strength, l.created_at, l.created_by
FROM context_links AS l
JOIN contexts AS a ON a.workspace_id = l.workspace_id AND a.key = l.from_key
JOIN contexts AS b ON b.workspace_id = l.workspace_id AND b.key = l.to_key
WHERE l.workspace_id = %(workspace_id)s AND (l.from_key = %(key)s OR l.to_key = %(key)s)
    AND (a.expires_at IS NULL OR a.expires_at > %(now)s)
    AND (b.expires_at IS NULL OR b.expires_at > %(now)s)
ORDER BY l.strength DESC, l.from_key, l.to_key, l.type
LIMIT %(limit)s
