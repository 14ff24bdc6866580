SELECT item_no, (embedding <=> %(embedding)s::halfvec) + 0 AS distance
FROM item_vectors
WHERE workspace_id = %(workspace_id)s AND space_id = %(space_id)s
ORDER BY distance, item_no
LIMIT %(limit)s
