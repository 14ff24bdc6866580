"""How long what is kept, and what a legal hold keeps for good."""
