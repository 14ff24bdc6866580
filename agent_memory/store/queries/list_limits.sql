SELECT limit_id, subject_kind, subject_id, metric, amount, per_s, created_at
FROM limits
ORDER BY created_at, limit_id
