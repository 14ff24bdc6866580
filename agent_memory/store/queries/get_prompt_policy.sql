SELECT is_on, on_for_keys, off_for_keys, keep_days FROM prompt_policies
