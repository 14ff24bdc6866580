SELECT thread_no, content_hash, material_id
FROM materials
JOIN unnest(%(thread_nos)s::integer[], %(content_hashes)s::text[]) AS wanted (thread_no, content_hash)
    USING (thread_no, content_hash)
WHERE workspace_id = %(workspace_id)s
