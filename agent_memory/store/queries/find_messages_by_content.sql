SELECT stored_items.*
FROM unnest(%(thread_ids)s::text[], %(content_hashes)s::text[])
    WITH ORDINALITY AS wanted (thread_id, content_hash, nth)
JOIN threads ON threads.workspace_id = %(workspace_id)s AND threads.thread_id = wanted.thread_id
JOIN stored_items ON stored_items.workspace_id = %(workspace_id)s
    AND stored_items.thread_no = threads.thread_no
    AND stored_items.kind = 'chat'
    AND stored_items.content_hash = wanted.content_hash
ORDER BY nth
