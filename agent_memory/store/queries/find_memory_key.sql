SELECT key FROM contexts
WHERE workspace_id = %(workspace_id)s AND lineage = %(lineage)s AND starts_with(key, %(prefix)s)
    AND (expires_at IS NULL OR expires_at > now())
