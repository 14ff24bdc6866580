INSERT INTO retention_policies (workspace_id, policy)
VALUES (%(workspace_id)s, %(policy)s::jsonb)
ON CONFLICT (workspace_id) DO UPDATE SET policy = excluded.policy, updated_at = now()
