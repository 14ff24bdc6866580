SELECT material_id, text FROM materials
WHERE workspace_id = %(workspace_id)s AND material_id = ANY (%(material_ids)s::text[])
