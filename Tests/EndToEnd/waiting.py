"""Waiting for a condition, never for a length of time."""

import time

# Far beyond what anything here takes; reaching it is a failure, with words.
BOUND = 60


def wait_for(condition, what, bound=BOUND):
    """Returns the first true value of the condition. What is waited for may be words, or a function that makes them."""
    end = time.monotonic() + bound
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {bound} seconds for {what() if callable(what) else what}")
        time.sleep(0.02)
