UPDATE materials
SET
    text = fresh.text,
    purpose = fresh.purpose,
    metadata = fresh.metadata,
    redaction_version = %(version)s
FROM json_to_recordset(%(materials)s::json) AS fresh (
    material_id text, text text, purpose text, metadata jsonb
)
WHERE workspace_id = %(workspace_id)s AND materials.material_id = fresh.material_id
