SELECT material_id, text, purpose, metadata
FROM materials
WHERE workspace_id = %(workspace_id)s AND redaction_version < %(version)s
ORDER BY material_id
LIMIT %(limit)s
