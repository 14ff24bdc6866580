INSERT INTO materials (
    workspace_id, material_id, thread_no, kind, text, content_hash, occurred_at, purpose, metadata,
    notes, redactions, redaction_version
)
SELECT
    %(workspace_id)s, material_id, thread_no, kind, text, content_hash, occurred_at, purpose,
    metadata, notes, redactions, redaction_version
FROM json_to_recordset(%(materials)s::json) AS fresh (
    material_id text, thread_no integer, kind text, text text, content_hash text,
    occurred_at timestamptz, purpose text, metadata jsonb, notes text[], redactions jsonb,
    redaction_version integer
)
