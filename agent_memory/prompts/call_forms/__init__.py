"""How each family of models writes a call of a tool, and readers that take it back verbatim."""
