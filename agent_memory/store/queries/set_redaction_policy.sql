INSERT INTO redaction_policies (workspace_id, policy, version)
VALUES (%(workspace_id)s, %(policy)s::jsonb, 1)
ON CONFLICT (workspace_id) DO UPDATE SET
    policy = excluded.policy,
    version = redaction_policies.version
        + CASE WHEN redaction_policies.policy = excluded.policy THEN 0 ELSE 1 END,
    updated_at = now()
RETURNING version
