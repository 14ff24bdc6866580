SELECT text_no, context_texts.key, context_texts.lineage, context_texts.version
FROM context_texts
WHERE workspace_id = %(workspace_id)s
    AND NOT EXISTS (
        SELECT FROM context_vectors
        WHERE context_vectors.workspace_id = context_texts.workspace_id
            AND context_vectors.text_no = context_texts.text_no
            AND context_vectors.space_id = %(space_id)s
    )
ORDER BY text_no DESC
LIMIT %(limit)s
