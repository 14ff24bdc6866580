SELECT item_no
FROM find_nearest_items(
    %(workspace_id)s, %(space_id)s, %(embedding)s::halfvec, %(limit)s::integer
)
