INSERT INTO provider_keys (provider, key_id, sealed, last_four, weight)
VALUES (%(provider)s, %(key_id)s, %(sealed)s, %(last_four)s, %(weight)s)
