UPDATE materials SET content_hash = 'replaced ' || material_id
WHERE workspace_id = %(workspace_id)s AND thread_no = %(thread_no)s
    AND content_hash = %(content_hash)s
