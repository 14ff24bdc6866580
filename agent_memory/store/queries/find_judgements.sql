SELECT
    judged.*, item_id, question_terms,
    CASE
        WHEN question_space_id = %(space_id)s
        THEN 1 - (question_vector <=> %(embedding)s::halfvec)
    END AS similarity
FROM items
CROSS JOIN LATERAL (
    SELECT feedback_id, impression_id, verdict, created_at
    FROM feedback
    WHERE feedback.workspace_id = items.workspace_id AND feedback.item_no = items.item_no
        AND impression_id IS NOT NULL AND withdrawn_at IS NULL
        AND verdict IN ('helpful', 'not_helpful', 'used')
    ORDER BY created_at DESC
    LIMIT %(limit)s
) AS judged
JOIN impressions
    ON impressions.workspace_id = items.workspace_id
    AND impressions.impression_id = judged.impression_id
WHERE items.workspace_id = %(workspace_id)s AND item_id = ANY (%(item_ids)s::text[])
    AND question_terms IS NOT NULL
