SELECT wanted.item_id
FROM unnest(%(item_ids)s::text[]) WITH ORDINALITY AS wanted (item_id, place)
WHERE NOT EXISTS (
    SELECT FROM items WHERE workspace_id = %(workspace_id)s AND items.item_id = wanted.item_id
)
ORDER BY place
LIMIT 1
