SELECT session_id FROM turns WHERE turn_id = %(turn_id)s
