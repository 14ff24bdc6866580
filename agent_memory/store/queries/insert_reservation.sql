INSERT INTO reservations (
    workspace_id, reservation_id, request_id, key_id, agent, session_id, surface, provider, model,
    price_id, started_at, expires_at
)
VALUES (
    %(workspace_id)s, %(reservation_id)s, %(request_id)s, %(key_id)s, %(agent)s, %(session_id)s,
    %(surface)s, %(provider)s, %(model)s, %(price_id)s,
    %(started_at)s, clock_timestamp() + %(lease)s
)
