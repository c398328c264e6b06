"""Rate many files, in this process or in several."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator

from .rate_file import Options, RatedFile, rate_file


def rate_files(paths: list[str], options: Options, jobs: int) -> Iterator[RatedFile]:
    """Rate files, in this process or in several.

    Yields
    ------
    RatedFile
        In the order of the paths; the same whatever the number of jobs.

    Raises
    ------
    ChildProcessError
        If one of the processes is killed from outside, or by what it reads.
    """
    if jobs == 1 or len(paths) < 2:
        yield from (rate_file(path, options) for path in paths)
    else:
        yield from _rate_in_processes(paths, options, jobs)


def _rate_in_processes(paths: list[str], options: Options, jobs: int) -> Iterator[RatedFile]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # Forked processes would share the state of BLAS and TensorFlow, which breaks both.
    start = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(paths)), start, initializer=_follow_parent) as pool:
        waiting: deque = deque()
        try:
            for path in paths:
                waiting.append(pool.submit(rate_file, path, options))
                if len(waiting) > 4 * jobs:  # so that what is rated does not pile up behind a large file
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise ChildProcessError(
                "a process died while it rated files, perhaps for want of memory. What was rated is kept; go on with "
                "--resume and fewer --jobs."
            ) from error
        finally:
            for future in waiting:
                future.cancel()


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent process, and end with it: a killed parent would leave them waiting forever."""
    import multiprocessing
    import signal
    import threading
    from multiprocessing.connection import wait

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "this process was not started by a pool"

    def end_with_parent() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
