UPDATE turns SET is_withdrawn = true WHERE turn_id = %(turn_id)s
