INSERT INTO consolidations (workspace_id, consolidation_id, action, reason)
VALUES (%(workspace_id)s, %(consolidation_id)s, %(action)s, %(reason)s)
