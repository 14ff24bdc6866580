SELECT policy FROM retention_policies WHERE workspace_id = %(workspace_id)s
