SELECT found.item_no, found.distance
FROM embedding_spaces
CROSS JOIN LATERAL find_nearest_indexed(
    workspace_id, space_id, num_dimensions, %(embedding)s::halfvec, %(limit)s::integer
) AS found
WHERE workspace_id = %(workspace_id)s AND space_id = %(space_id)s
ORDER BY found.distance, found.item_no
