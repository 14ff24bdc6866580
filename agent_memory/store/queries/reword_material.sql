UPDATE materials
SET text = %(text)s, purpose = %(purpose)s, metadata = %(metadata)s::jsonb,
    content_hash = %(content_hash)s, redaction_version = %(version)s,
    redactions = redactions || (
        SELECT coalesce(
            jsonb_object_agg(kind, number::integer + coalesce((redactions ->> kind)::integer, 0)),
            '{}'
        )
        FROM jsonb_each_text(%(counts)s::jsonb) AS removed (kind, number)
    )
WHERE workspace_id = %(workspace_id)s AND material_id = %(material_id)s AND text = %(old_text)s
RETURNING material_id
