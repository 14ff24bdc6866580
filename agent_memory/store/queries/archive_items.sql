WITH moved AS (
    UPDATE items SET state = 'archived'
    WHERE workspace_id = %(workspace_id)s AND item_id = ANY (%(item_ids)s::text[])
        AND state IN ('active', 'superseded')
    RETURNING item_no
)
SELECT count(*) FROM moved
