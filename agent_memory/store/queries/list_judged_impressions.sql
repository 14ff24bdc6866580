WITH judged AS (
    SELECT impression_id, impressions.created_at, weights_version
    FROM impressions
    WHERE workspace_id = %(workspace_id)s
        AND EXISTS (
            SELECT FROM feedback
            WHERE feedback.workspace_id = impressions.workspace_id
                AND feedback.impression_id = impressions.impression_id
                AND withdrawn_at IS NULL
        )
    ORDER BY created_at DESC, impression_id DESC
    LIMIT %(limit)s
)
SELECT
    impression_id, weights_version, judged.created_at, item_id, rank, propensity, components,
    (
        SELECT verdict
        FROM feedback
        WHERE feedback.workspace_id = %(workspace_id)s
            AND feedback.impression_id = judged.impression_id
            AND feedback.item_no = impression_items.item_no
            AND withdrawn_at IS NULL
        ORDER BY created_at DESC, feedback_id DESC
        LIMIT 1
    ) AS verdict
FROM judged
JOIN impression_items USING (impression_id)
JOIN items USING (workspace_id, item_no)
WHERE workspace_id = %(workspace_id)s
ORDER BY judged.created_at, impression_id, rank
