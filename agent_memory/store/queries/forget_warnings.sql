UPDATE budget_counters SET warned_by = NULL
WHERE budget_id = %(budget_id)s AND warned_by IS NOT NULL
