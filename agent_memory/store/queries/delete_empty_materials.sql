DELETE FROM materials
WHERE workspace_id = %(workspace_id)s AND material_id = ANY (%(material_ids)s::text[])
    AND NOT EXISTS (
        SELECT FROM items
        WHERE items.workspace_id = materials.workspace_id
            AND items.material_id = materials.material_id
    )
RETURNING material_id
