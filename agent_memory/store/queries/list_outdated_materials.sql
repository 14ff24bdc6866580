SELECT
    material_id, text, purpose, metadata::text AS metadata,
    threads.legal_hold OR EXISTS (
        SELECT FROM items
        WHERE items.workspace_id = materials.workspace_id
            AND items.material_id = materials.material_id AND items.legal_hold
    ) AS is_held
FROM materials JOIN threads USING (workspace_id, thread_no)
WHERE workspace_id = %(workspace_id)s AND redaction_version < %(version)s
    AND material_id > %(after)s
ORDER BY material_id
LIMIT %(limit)s
