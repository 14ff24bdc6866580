DELETE FROM limits WHERE limit_id = %(limit_id)s
RETURNING limit_id, subject_kind, subject_id, metric, amount, per_s, created_at
