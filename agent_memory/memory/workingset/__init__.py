"""What an agent should have before its eyes for the work at hand."""
