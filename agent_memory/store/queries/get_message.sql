SELECT
    item_no, item_id, thread_no, thread_id, material_id, kind, content_hash, occurred_at,
    last_occurred_at, num_occurrences, position, place, next_position, span_begin, span_end
FROM items JOIN threads USING (workspace_id, thread_no)
WHERE workspace_id = %(workspace_id)s AND item_id = %(item_id)s
