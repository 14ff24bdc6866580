SELECT entry_no, hash FROM audit_heads
