WITH wanted AS MATERIALIZED (
    SELECT unnest(%(item_nos)s::bigint[]) AS item_no
    UNION
    SELECT item_no
    FROM items
    JOIN unnest(%(thread_nos)s::integer[], %(places)s::integer[]) AS around (thread_no, place)
        USING (thread_no, place)
    WHERE workspace_id = %(workspace_id)s AND position IS NOT NULL
)
SELECT item_no, thread_no, position, (embedding <=> %(embedding)s::halfvec) + 0 AS distance
FROM wanted
JOIN items USING (item_no)
JOIN item_vectors USING (workspace_id, item_no)
WHERE workspace_id = %(workspace_id)s AND space_id = %(space_id)s
