SELECT
    material_id, item_no, item_id, text, context, search_text, speaker, subject,
    keys::text AS keys, metadata::text AS metadata
FROM items
WHERE workspace_id = %(workspace_id)s AND material_id = ANY (%(material_ids)s::text[])
ORDER BY item_no
