SELECT item_no, text, context, search_text, subject, metadata
FROM items
WHERE workspace_id = %(workspace_id)s AND material_id = ANY (%(material_ids)s::text[])
ORDER BY item_no
