WITH dropped AS (
    DELETE FROM impressions
    WHERE workspace_id = %(workspace_id)s AND created_at < now() - %(age)s::interval
        AND NOT EXISTS (
            SELECT FROM feedback
            WHERE feedback.workspace_id = impressions.workspace_id
                AND feedback.impression_id = impressions.impression_id
        )
    RETURNING impression_id
)
SELECT count(*) FROM dropped
