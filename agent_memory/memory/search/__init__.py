"""What a question finds, and what each find is worth to it."""
