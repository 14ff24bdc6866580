UPDATE contexts SET expires_at = %(expires_at)s
WHERE workspace_id = %(workspace_id)s AND key = %(key)s AND lineage = %(lineage)s
    AND is_sliding AND expires_at < %(expires_at)s
