SELECT budget_id, subject_id, window_start, spent, held
FROM reserve_budgets(
    %(workspace_id)s, %(reservation_id)s, %(request_id)s, %(key_id)s, %(agent)s::text,
    %(session_id)s::text, %(surface)s, %(provider)s, %(model)s, %(price_id)s::text,
    %(started_at)s, %(lease)s,
    %(budget_ids)s::text[], %(subject_ids)s::text[], %(window_starts)s::timestamptz[],
    %(amounts)s::numeric[], %(bounds)s::numeric[]
)
