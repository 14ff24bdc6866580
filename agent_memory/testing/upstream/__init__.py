"""A server of models that follows a script: real HTTP, both protocols, and all that goes wrong."""
