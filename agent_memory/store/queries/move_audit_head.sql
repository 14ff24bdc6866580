UPDATE audit_heads SET entry_no = %(entry_no)s, hash = %(hash)s
