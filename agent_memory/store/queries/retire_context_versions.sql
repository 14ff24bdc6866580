UPDATE context_versions SET retired_at = %(now)s
WHERE workspace_id = %(workspace_id)s AND lineage = %(lineage)s
