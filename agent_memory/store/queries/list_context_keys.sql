SELECT key
FROM contexts
WHERE workspace_id = %(workspace_id)s
    AND key >= %(prefix)s AND key < %(prefix)s || chr(1114111)
ORDER BY key
LIMIT %(limit)s
