"""Pauses between attempts."""

import random

CEILING_SECONDS = 3600


def pause_before(attempt, base=2.0):
    """Exponential backoff with full jitter.

    The pause doubles with each attempt and is never longer than the ceiling.
    """
    longest = min(CEILING_SECONDS, base * 2**attempt)
    return random.uniform(0, longest)


class GiveUp(Exception):
    """Raised when no attempt is left."""
