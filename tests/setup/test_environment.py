"""The set-up: which Python is taken, and what is said when something is missing.

The scripts in tools/ run here on a PATH of stand-ins, so nothing is installed and no Python of this machine is found.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import files

ROOT = Path(files.ROOT)
TOOLS = ["bash", "awk", "cat", "dirname", "mkdir", "readlink", "rm", "sha256sum", "touch"]
SYSTEM = ["gcc", "javac", "mysql_config", "pkg-config"]
ALL_PACKAGES = "apt-get install build-essential default-jdk-headless default-libmysqlclient-dev pkg-config"


def write_script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text + "\n")
    path.chmod(0o755)
    return path


def fake_python(path, version="3.9", extra="pass"):
    """A Python that gives another version and place than its own; its venvs are empty but start."""
    lie = (
        f"import sys, sysconfig; sys.version_info = tuple(map(int, '{version}'.split('.')));"
        f"sys.executable = '{path}'; {extra}; exec(sys.argv[1])"
    )
    venv = "mkdir -p .venv/bin; for name in python cellprofiler; do cp /bin/true .venv/bin/$name; done"
    make_venv = f'[ "$1" = -m ] && {{ PATH=/usr/bin:/bin; {venv}; exit; }}'
    return write_script(path, f'{make_venv}\nexec {sys.executable} -c "{lie}" "$2"')


@pytest.fixture
def place(tmp_path):
    """A copy of what the set-up reads, with an empty PATH beside it."""
    for name in ["tools", "setup.cfg", "constraints.txt"]:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    for name in TOOLS:
        write_script(tmp_path / "bin" / name, f'exec {shutil.which(name)} "$@"')
    be_user(tmp_path, 1000)
    return tmp_path


def be_user(place, number):
    write_script(place / "bin/id", f"echo {number}")


def add_system(place):
    for name in SYSTEM:
        write_script(place / "bin" / name, "exit 0")


def run(place, script, **variables):
    environment = {"PATH": f"{place}/bin", "HOME": str(place / "home"), **variables}
    done = subprocess.run([str(place / "tools" / script)], env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout.strip(), done.stderr


# Which Python is taken


def test_a_python_that_does_not_start_is_passed_over(place):
    write_script(place / "bin/python3.9", "exit 127")
    later = fake_python(place / "later/python3.9")
    assert run(place, "find_python.sh", PATH=f"{place}/bin:{place}/later")[:2] == (0, str(later))


def test_a_python_of_another_version_than_its_name_is_passed_over(place):
    fake_python(place / "bin/python3.9", "3.11")
    good = fake_python(place / "bin/python3.8", "3.8")
    assert run(place, "find_python.sh")[:2] == (0, str(good))


def test_a_python_without_headers_is_passed_over_and_the_package_with_them_named(place):
    fake_python(place / "bin/python3.9", extra="sysconfig.get_paths = lambda: {'include': '/nowhere'}")
    code, _, message = run(place, "find_python.sh")
    assert code == 1
    assert f"{place}/bin/python3.9 has no Python.h" in message
    assert "apt-get install python3.9-dev" in message


def test_pyenv_conda_and_uv_are_searched_in_this_order(place):
    uv = fake_python(place / "uv/python3.9")
    write_script(place / "bin/uv", f'[ "$3" = 3.9 ] && echo {uv}')
    assert run(place, "find_python.sh")[:2] == (0, str(uv))
    conda = fake_python(place / "conda/bin/python3.9")
    write_script(place / "bin/conda", f"echo '# conda environments:'; echo 'base  *  {place}/conda'")
    assert run(place, "find_python.sh")[:2] == (0, str(conda))
    pyenv = fake_python(place / "pyenv/versions/3.8.18/bin/python3.8", "3.8")
    assert run(place, "find_python.sh", PYENV_ROOT=f"{place}/pyenv")[:2] == (0, str(pyenv))


def test_an_explicit_python_is_taken_before_all_others(place):
    fake_python(place / "bin/python3.9")
    mine = fake_python(place / "mine/python", "3.8")
    assert run(place, "find_python.sh", PYTHON=str(mine))[:2] == (0, str(mine))


def test_an_explicit_python_that_does_not_fit_is_an_error_that_names_it_and_its_version(place):
    fake_python(place / "bin/python3.9")
    mine = fake_python(place / "mine/python", "3.11")
    code, output, message = run(place, "find_python.sh", PYTHON=str(mine))
    assert (code, output) == (1, "")
    assert f"PYTHON={mine} is Python 3.11" in message


# What is said when something is missing


def test_one_message_names_all_that_is_missing_and_no_venv_is_left(place):
    code, output, message = run(place, "make_venv.sh")
    assert (code, output) == (1, "")
    assert "No fitting Python was found" in message
    assert "uv python install 3.9" in message
    assert "sudo " + ALL_PACKAGES in message
    assert not (place / ".venv").exists()


def test_only_the_missing_packages_are_named(place):
    fake_python(place / "bin/python3.9")
    add_system(place)
    (place / "bin/javac").unlink()
    code, _, message = run(place, "make_venv.sh")
    assert code == 1
    assert "sudo apt-get install default-jdk-headless\n" in message
    assert "Python" not in message


def test_root_gets_the_missing_packages_installed(place):
    fake_python(place / "bin/python3.9")
    be_user(place, 0)
    write_script(
        place / "bin/apt-get",
        f'echo "$@" >>{place}/asked; for name in {" ".join(SYSTEM)}; do /bin/cp /bin/true {place}/bin/$name; done',
    )
    code, output, message = run(place, "make_venv.sh")
    assert code == 0, message
    assert ALL_PACKAGES in output
    assert ALL_PACKAGES.split("install ")[1] in (place / "asked").read_text()


def test_a_java_home_without_a_compiler_is_an_error(place):
    fake_python(place / "bin/python3.9")
    add_system(place)
    code, _, message = run(place, "make_venv.sh", JAVA_HOME="/nowhere")
    assert code == 1
    assert "JAVA_HOME is /nowhere" in message


def test_a_set_up_that_fails_leaves_no_venv(place):
    python = fake_python(place / "bin/python3.9")
    add_system(place)
    python.write_text(python.read_text().replace("/bin/true .venv", "/bin/false .venv"))
    code, _, message = run(place, "make_venv.sh")
    assert code != 0
    assert ".venv is removed" in message
    assert not (place / ".venv").exists()


def test_a_venv_of_the_users_own_is_left_alone(place):
    fake_python(place / "bin/python3.9")
    add_system(place)
    (place / ".venv").mkdir()
    (place / ".venv/precious").touch()
    code, _, message = run(place, "make_venv.sh")
    assert code == 1
    assert "make did not make" in message
    assert (place / ".venv/precious").exists()


@pytest.mark.parametrize("data, outcome, expected", [("/nowhere", 0, 1), (".", 0, 0), (".", 7, 7)])
def test_ci_ends_as_make_test_does_and_fails_without_the_data(place, data, outcome, expected):
    write_script(place / "bin/make", f'echo "$@"; exit {outcome}')  # a stand-in: the real one would run this test again
    done = subprocess.run(
        ["bash", str(ROOT / ".ci/run")],
        env={"PATH": f"{place}/bin:/usr/bin:/bin", "IMAGEFOCUS_DATA": data},
        capture_output=True,
        text=True,
    )
    assert done.returncode == expected
    assert ("data folder /nowhere is missing" in done.stderr) == (data == "/nowhere")
    assert done.stdout == ("" if data == "/nowhere" else "test\n")


def test_3_9_goes_before_3_8(place):
    fake_python(place / "bin/python3.8", "3.8")
    newer = fake_python(place / "bin/python3.9")
    assert run(place, "find_python.sh")[:2] == (0, str(newer))


# When it is made anew


def test_a_current_venv_is_kept_and_a_changed_recipe_makes_it_anew(place):
    fake_python(place / "bin/python3.9")
    add_system(place)
    assert run(place, "make_venv.sh")[0] == 0
    assert run(place, "make_venv.sh") == (0, "", "")
    for name in ("constraints.txt", "setup.cfg"):
        with (place / name).open("a") as file:
            file.write("# changed\n")
        assert "Making .venv" in run(place, "make_venv.sh")[1]


def test_an_explicit_python_other_than_that_of_the_venv_makes_it_anew(place):
    first = fake_python(place / "bin/python3.9")
    other = fake_python(place / "other/python3.8", "3.8")
    add_system(place)
    assert run(place, "make_venv.sh")[0] == 0
    assert run(place, "make_venv.sh", PYTHON=str(first)) == (0, "", "")
    assert f"Making .venv with {other}" in run(place, "make_venv.sh", PYTHON=str(other))[1]
    assert run(place, "make_venv.sh") == (0, "", "")
