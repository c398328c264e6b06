"""Lines that say how far a run is."""

import pytest

from imagefocus.cli import progress


class Stream:
    def __init__(self, is_terminal):
        self.is_terminal, self.text = is_terminal, ""

    def isatty(self):
        return self.is_terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def show_thousand(stream, monkeypatch):
    """The progress of 1000 files at one a second."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    shown = progress.Progress(1000, stream)
    for _ in range(1000):
        now[0] += 1
        shown.show(2)
    shown.end()


def test_progress_is_one_line_on_a_terminal(monkeypatch):
    stream = Stream(True)
    show_thousand(stream, monkeypatch)
    assert stream.text.count("\n") == 1 and stream.text.count("\r") == 1001
    assert "100 of 1000 files, 2 failed, 15 min left" in stream.text  # 900 seconds


def test_progress_is_a_line_now_and_then_in_a_log(monkeypatch):
    stream = Stream(False)
    show_thousand(stream, monkeypatch)
    lines = stream.text.splitlines()
    assert "\r" not in stream.text and "\x1b" not in stream.text
    assert 50 < len(lines) <= 101 and lines[-1] == "1000 of 1000 files, 2 failed"


@pytest.mark.parametrize("seconds, text", [(5, "5 s"), (720, "12 min"), (11100, "3 h 5 min")])
def test_time_left_is_given_in_words(seconds, text):
    assert progress.format_seconds(seconds) == text
