INSERT INTO context_vectors (workspace_id, space_id, text_no, embedding)
SELECT workspace_id, %(space_id)s, text_no, fresh.embedding::halfvec
FROM unnest(%(text_nos)s::bigint[], %(vectors)s::text[]) AS fresh (text_no, embedding)
JOIN context_texts USING (text_no)
WHERE workspace_id = %(workspace_id)s
ON CONFLICT DO NOTHING
