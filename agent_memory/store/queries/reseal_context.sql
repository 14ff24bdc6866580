UPDATE context_versions SET body = %(body)s, sealed_with = %(sealed_with)s
WHERE workspace_id = %(workspace_id)s AND lineage = %(lineage)s AND version = %(version)s
    AND sealed_with = %(was)s
RETURNING true
