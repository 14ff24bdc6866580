DELETE FROM model_aliases WHERE name = %(name)s RETURNING name
