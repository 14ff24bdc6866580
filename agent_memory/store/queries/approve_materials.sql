UPDATE materials SET redaction_version = %(version)s
WHERE workspace_id = %(workspace_id)s AND material_id = ANY (%(material_ids)s::text[])
