SELECT stored_items.*
FROM stored_items
JOIN unnest(%(item_ids)s::text[]) WITH ORDINALITY AS wanted (item_id, nth) USING (item_id)
WHERE workspace_id = %(workspace_id)s
ORDER BY nth
