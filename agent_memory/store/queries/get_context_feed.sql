SELECT last_seq, first_seq FROM context_feeds WHERE workspace_id = %(workspace_id)s
