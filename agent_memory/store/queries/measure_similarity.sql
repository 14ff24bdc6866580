SELECT item_no, (embedding <=> %(embedding)s::halfvec) + 0 AS distance
FROM item_vectors
WHERE workspace_id = %(workspace_id)s AND space_id = %(space_id)s
    AND item_no = ANY (%(item_nos)s::bigint[])
