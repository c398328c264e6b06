"""How far a long run is, and lengths of time in words."""

from __future__ import annotations

import time
from typing import TextIO

SECONDS_ON_TERMINAL, SECONDS_ELSEWHERE = 0.1, 10  # between two lines of progress


class Progress:
    """How far a run is, on one line of a terminal; elsewhere a line now and then, so that a log stays short.

    Parameters
    ----------
    total : int
        Number of files.
    stream : text file
    """

    def __init__(self, total: int, stream: TextIO) -> None:
        self.total, self.stream = total, stream
        self.done, self.text = 0, ""
        self.begin = self.shown = time.monotonic()
        self.on_terminal = stream.isatty()
        self.interval = SECONDS_ON_TERMINAL if self.on_terminal else SECONDS_ELSEWHERE

    def show(self, failed: int) -> None:
        """Count one more file.

        Parameters
        ----------
        failed : int
            How many files could not be rated so far.
        """
        self.done += 1
        now = time.monotonic()
        left = (now - self.begin) / self.done * (self.total - self.done)
        self.text = f"{self.done} of {self.total} files"
        self.text += f", {failed} failed" if failed else ""
        self.text += f", {format_seconds(left)} left" if self.done < self.total else ""
        if now - self.shown >= self.interval:
            self.shown = now
            self._write(self.text)

    def _write(self, text: str) -> None:
        # The code ESC [ K clears the rest of the line before.
        self.stream.write(f"\r{text}\x1b[K" if self.on_terminal else text + "\n")
        self.stream.flush()

    def end(self) -> None:
        """Show how far the run has come, and leave the line."""
        if self.text:
            self._write(self.text + "\n" if self.on_terminal else self.text)


def format_seconds(seconds: float) -> str:
    """A length of time in words, such as "45 s", "12 min" or "3 h 5 min"."""
    minutes = int(round(seconds / 60))
    if seconds < 90:
        return f"{round(seconds)} s"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"
