"""What the commands say to their user, on the standard error, and why they refuse."""

import sys


class Refused(Exception):
    """Why nothing was done, for the user to read."""


def say(line: str) -> None:
    """Print a line that is no result."""
    print(line, file=sys.stderr, flush=True)
