"""Request bodies of the surfaces, as pydantic models."""
