DELETE FROM item_keys
USING unnest(%(kinds)s::text[], %(names)s::text[], %(values)s::text[], %(item_nos)s::bigint[])
    AS gone (kind, name, value, item_no)
WHERE workspace_id = %(workspace_id)s AND item_keys.kind = gone.kind
    AND item_keys.name = gone.name AND item_keys.value = gone.value
    AND item_keys.item_no = gone.item_no
