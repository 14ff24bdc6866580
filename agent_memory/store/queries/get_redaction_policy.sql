SELECT policy, version FROM redaction_policies WHERE workspace_id = %(workspace_id)s
