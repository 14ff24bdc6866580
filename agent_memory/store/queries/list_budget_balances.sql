WITH standing AS (
    SELECT c.budget_id, c.subject_id, c.window_start, c.spent,
        coalesce(
            (
                SELECT sum(h.amount)
                FROM budget_holds h
                JOIN reservations r USING (workspace_id, reservation_id)
                WHERE (h.workspace_id, h.budget_id, h.subject_id, h.window_start)
                        = (c.workspace_id, c.budget_id, c.subject_id, c.window_start)
                    AND r.expires_at > clock_timestamp()
            ),
            0
        ) AS held
    FROM budget_counters c
    JOIN unnest(%(budget_ids)s::text[], %(window_starts)s::timestamptz[])
        AS w (budget_id, window_start) USING (budget_id, window_start)
    WHERE %(subject_ids)s::text[] IS NULL OR c.subject_id = ANY (%(subject_ids)s)
)
SELECT budget_id, subject_id, window_start, spent, held
FROM standing
WHERE spent <> 0 OR held <> 0
ORDER BY spent DESC, subject_id
LIMIT 1000
