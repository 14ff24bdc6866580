SELECT *
FROM stored_items
WHERE workspace_id = %(workspace_id)s AND source_id = ANY (%(sources)s::text[])
    AND state = 'superseded'
