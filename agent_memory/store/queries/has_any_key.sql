SELECT has_any_key()
