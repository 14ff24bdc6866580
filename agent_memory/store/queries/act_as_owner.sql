SET ROLE agent_memory_owner
