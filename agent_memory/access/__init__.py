"""Who may do what: principals, keys, scopes."""
