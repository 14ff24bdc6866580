DELETE FROM provider_keys
WHERE provider = %(provider)s AND (%(key_id)s::text IS NULL OR key_id = %(key_id)s)
