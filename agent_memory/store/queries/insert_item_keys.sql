INSERT INTO item_keys (workspace_id, kind, name, value, item_no)
SELECT %(workspace_id)s, kind, name, value, item_no
FROM unnest(%(kinds)s::text[], %(names)s::text[], %(values)s::text[], %(item_nos)s::bigint[])
    AS fresh (kind, name, value, item_no)
ON CONFLICT DO NOTHING
