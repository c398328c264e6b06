"""Several processes give what one gives, and leave whole tables when they are killed."""

import os
import signal
import subprocess
import sys

import pytest

from helpers.command_runs import (
    children_of,
    is_running,
    rate,
    read_images,
    read_tables,
    scene,
    start,
    wait_until,
    write_tiff,
)


def test_several_jobs_give_the_bytes_of_one(folder, tmp_path):
    (folder / "bb.tif").write_bytes(b"II*\0")
    write_tiff(folder / "cc.tif", [scene(seed, (300, 400)) for seed in range(3)])
    for jobs in ("1", "3"):
        assert rate(folder, "--output", tmp_path / jobs, "--jobs", jobs, "--patches", "--overlay") == 1
    assert read_tables(tmp_path / "1") == read_tables(tmp_path / "3")
    for name in os.listdir(str(tmp_path / "1" / "overlays")):
        assert (tmp_path / "1" / "overlays" / name).read_bytes() == (tmp_path / "3" / "overlays" / name).read_bytes()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes as Linux tells of them")
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_killed_and_resumed_gives_the_table_of_one_that_was_not(blow, tmp_path):
    folder, out = tmp_path / "plate", tmp_path / "out"
    folder.mkdir()
    for seed in range(30):
        write_tiff(folder / f"{seed:03}.tif", [scene(seed, (300, 300)), scene(seed + 1, (300, 300))])
    for number in range(30, 100):  # enough that it is not over before it is killed
        os.link(str(folder / f"{number % 30:03}.tif"), str(folder / f"{number:03}.tif"))
    process = start(folder, out, "--patches", "--overlay", "--jobs", "2")
    wait_until(lambda: (out / "images.csv").exists() and (out / "images.csv").read_bytes().count(b"\n") > 6, process)
    workers = children_of(process)
    process.send_signal(blow)
    process.wait()
    wait_until(lambda: not any(is_running(pid) for pid in workers), seconds=30)  # none is left behind
    begun = (out / "images.csv").read_bytes().count(b"\n")
    assert begun < 201, "it was over before it was killed"
    assert rate(folder, "--output", out, "--resume", "--patches", "--overlay") == 0
    assert rate(folder, "--output", tmp_path / "whole", "--patches", "--overlay") == 0
    assert read_tables(out) == read_tables(tmp_path / "whole")
    pictures = [name for name in os.listdir(str(out / "overlays")) if not name.endswith(".part")]
    assert sorted(pictures) == sorted(os.listdir(str(tmp_path / "whole" / "overlays")))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes as Linux tells of them")
def test_a_process_that_dies_ends_the_run_with_a_table_to_go_on_from(tmp_path, rated_files):
    folder, out = tmp_path / "plate", tmp_path / "out"
    folder.mkdir()
    write_tiff(folder / "000.tif", [scene(0, (300, 300))])
    for number in range(1, 400):  # enough that it is not done before its processes are killed
        os.link(str(folder / "000.tif"), str(folder / f"{number:03}.tif"))
    process = start(folder, out, "--jobs", "2", stderr=subprocess.PIPE)
    wait_until(lambda: (out / "images.csv").exists() and (out / "images.csv").read_bytes().count(b"\n") > 3, process)
    for pid in children_of(process):
        os.kill(pid, signal.SIGKILL)
    assert "go on with --resume" in process.communicate()[1].decode() and process.returncode == 2
    assert rate(folder, "--output", out, "--resume") == 0
    assert 0 < len(rated_files) < 400 and len(read_images(out)) == 400
