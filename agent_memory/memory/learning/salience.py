"""The weight that feedback gives an item, whatever the question.

The mean of a Beta distribution that began as Beta(1, 1): one verdict moves it less than the tenth.
"""

LARGEST_EFFECT = 0.2
"""Feedback raises or lowers a score by this share at most."""
USED_WORTH = 0.5
"""Of a helpful verdict."""


def salience(num_helpful: int, num_not_helpful: int, num_used: int = 0) -> float:
    """From 0 to 1; a half without feedback."""
    good = num_helpful + USED_WORTH * num_used
    return (1 + good) / (2 + good + num_not_helpful)


def salience_factor(num_helpful: int, num_not_helpful: int, num_used: int = 0) -> float:
    """What a score is multiplied by: exactly 1 without feedback."""
    return 1 + LARGEST_EFFECT * (2 * salience(num_helpful, num_not_helpful, num_used) - 1)
