SELECT item_no, item_id, thread_no, kind, content_hash, occurred_at, last_occurred_at,
    num_occurrences, place
FROM items
JOIN unnest(%(thread_nos)s::integer[], %(kinds)s::text[], %(content_hashes)s::text[])
    AS wanted (thread_no, kind, content_hash) USING (thread_no, kind, content_hash)
WHERE workspace_id = %(workspace_id)s
