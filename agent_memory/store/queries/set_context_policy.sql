INSERT INTO context_policies (workspace_id, default_ttl_s, longest_ttl_s, keep_versions)
VALUES (%(workspace_id)s, %(default_ttl_s)s, %(longest_ttl_s)s, %(keep_versions)s)
ON CONFLICT (workspace_id) DO UPDATE SET
    default_ttl_s = excluded.default_ttl_s,
    longest_ttl_s = excluded.longest_ttl_s,
    keep_versions = excluded.keep_versions,
    updated_at = now()
