INSERT INTO context_tickets (workspace_id, ticket_hash, key_id, expires_at)
VALUES (%(workspace_id)s, %(ticket_hash)s, %(key_id)s, now() + %(lifetime)s::interval)
