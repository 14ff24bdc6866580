UPDATE providers SET is_enabled = %(is_enabled)s WHERE name = %(name)s RETURNING name
