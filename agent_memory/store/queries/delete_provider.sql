DELETE FROM providers WHERE name = %(name)s RETURNING name
