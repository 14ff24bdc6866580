"""Requests to an agent and its answers: messages, sampling, turns and their events."""
