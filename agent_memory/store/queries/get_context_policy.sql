SELECT default_ttl_s, longest_ttl_s, keep_versions
FROM context_policies
WHERE workspace_id = %(workspace_id)s
