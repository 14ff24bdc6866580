WITH last_words AS (
    SELECT DISTINCT ON (impression_id, about) impression_id, verdict
    FROM (
        SELECT
            impression_id, verdict, created_at, feedback_id,
            CASE WHEN verdict = 'not_helpful' THEN 'helpful' ELSE verdict END AS about
        FROM feedback JOIN items USING (workspace_id, item_no)
        WHERE workspace_id = %(workspace_id)s AND item_id = %(item_id)s AND withdrawn_at IS NULL
    ) AS standing
    ORDER BY impression_id, about, created_at DESC, feedback_id DESC
),
counted AS (
    SELECT
        count(*) FILTER (WHERE verdict = 'used') AS num_uses,
        count(*) FILTER (WHERE verdict = 'helpful') AS num_helpful,
        count(DISTINCT verdict) FILTER (
            WHERE verdict IN ('outdated', 'duplicate')
                OR verdict = 'not_helpful' AND impression_id IS NULL
        ) AS num_not_helpful
    FROM last_words
)
UPDATE items
SET
    num_uses = counted.num_uses,
    num_helpful = counted.num_helpful,
    num_not_helpful = counted.num_not_helpful
FROM counted
WHERE workspace_id = %(workspace_id)s AND item_id = %(item_id)s
