INSERT INTO limits (
    workspace_id, limit_id, subject_kind, subject_id, metric, amount, per_s, created_at
)
VALUES (
    %(workspace_id)s, %(limit_id)s, %(subject_kind)s, %(subject_id)s, %(metric)s, %(amount)s,
    %(per_s)s, %(now)s
)
ON CONFLICT (workspace_id, subject_kind, subject_id, metric, per_s)
    DO UPDATE SET amount = excluded.amount
RETURNING limit_id, subject_kind, subject_id, metric, amount, per_s, created_at
