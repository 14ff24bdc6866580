UPDATE materials
SET text = fresh.text, content_hash = fresh.content_hash
FROM unnest(%(material_ids)s::text[], %(texts)s::text[], %(content_hashes)s::text[])
    AS fresh (material_id, text, content_hash)
WHERE workspace_id = %(workspace_id)s AND materials.material_id = fresh.material_id
