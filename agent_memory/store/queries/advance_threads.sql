UPDATE threads
SET next_position = wanted.next_position
FROM unnest(%(thread_nos)s::integer[], %(next_positions)s::integer[])
    AS wanted (thread_no, next_position)
WHERE workspace_id = %(workspace_id)s AND threads.thread_no = wanted.thread_no
