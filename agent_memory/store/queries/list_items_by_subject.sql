SELECT *
FROM stored_items
WHERE workspace_id = %(workspace_id)s AND subject = ANY (%(subjects)s::text[])
    AND state IN ('active', 'superseded')
ORDER BY valid_from, item_no
LIMIT %(limit)s
