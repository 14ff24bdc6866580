WITH stored AS (
    INSERT INTO item_vectors (workspace_id, space_id, item_no, embedding)
    SELECT workspace_id, %(space_id)s, item_no, fresh.embedding::halfvec
    FROM unnest(%(item_ids)s::text[], %(content_hashes)s::text[], %(vectors)s::text[])
        AS fresh (item_id, content_hash, embedding)
    JOIN items USING (item_id, content_hash)
    WHERE workspace_id = %(workspace_id)s
    ON CONFLICT DO NOTHING
    RETURNING item_no
)
SELECT count(*) FROM stored
