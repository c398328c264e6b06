"""What may be imported where (DESIGN: imports); each in a fresh process, since imports cannot be undone."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLUGINS = Path(ROOT) / "plugins"
FILES = sorted((PLUGINS / "imagefocus").rglob("*.py"))
MODULES = [".".join(path.relative_to(PLUGINS).with_suffix("").parts).replace(".__init__", "") for path in FILES]
ROOMS = {"files", "screens", "cli", "report"}  # what the core, all the rest, must not know


def modules_after(code):
    script = f"import sys; sys.path.insert(0, {os.path.join(ROOT, 'plugins')!r})\n{code}\nprint(' '.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True, text=True)
    return {name.split(".")[0] for name in result.stdout.split()}


@pytest.mark.parametrize("module", [name for name in MODULES if not name.endswith("__main__")])
def test_the_package_imports_numpy_alone(module):
    loaded = modules_after("import " + module)
    foreign = {"tensorflow", "cellprofiler_core", "matplotlib", "model_export", "scipy", "skimage", "threadpoolctl"}
    assert not loaded & foreign


def test_rating_with_numpy_needs_neither_tensorflow_nor_scipy():
    loaded = modules_after("import numpy, imagefocus; imagefocus.rate_image(numpy.eye(84))")
    assert not loaded & {"tensorflow", "cellprofiler_core", "matplotlib", "model_export", "scipy", "skimage"}


def test_the_module_brings_neither_tensorflow_nor_the_trainer_nor_pyplot():
    script = "from cellprofiler_core.preferences import set_headless; set_headless(); import measureimagefocus"
    assert not modules_after(script) & {"tensorflow", "model_export"}
    assert "matplotlib" not in (PLUGINS / "measureimagefocus.py").read_text()


def test_the_trainer_never_imports_cellprofiler():
    code = f"sys.path.insert(0, {ROOT!r})\nimport model_export.runs, model_export.evaluate, model_export.network"
    assert "cellprofiler_core" not in modules_after(code)


def imported(path):
    """Full names of all that a file of imagefocus imports, at its top or in functions."""
    package = path.relative_to(PLUGINS).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*start, node.module] if node.module else start)
            yield from (f"{base}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=MODULES)
def test_the_core_does_not_know_the_rooms_about_it(path):
    room = path.relative_to(PLUGINS / "imagefocus").parts[0]
    names = {tuple(name.split(".")[:2]) for name in imported(path)}
    assert not {name for name in names if name[0] in ("model_export", "cellprofiler_core", "measureimagefocus")}
    if room not in ROOMS and path.name != "__main__.py":
        assert not {name for name in names if name[0] == "imagefocus" and name[1:] and name[1] in ROOMS}
