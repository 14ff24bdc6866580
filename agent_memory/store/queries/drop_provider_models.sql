DELETE FROM provider_models WHERE provider = %(provider)s
