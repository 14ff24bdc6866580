SELECT EXISTS (
    SELECT FROM feedback
    WHERE workspace_id = %(workspace_id)s AND impression_id IS NOT NULL AND withdrawn_at IS NULL
        AND verdict IN ('helpful', 'not_helpful', 'used')
)
