"""What may be imported where (DESIGN: imports); each in a fresh process, since imports cannot be undone."""

import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORE = sorted(
    "imagefocus." + name[:-3]
    for name in os.listdir(os.path.join(ROOT, "plugins", "imagefocus"))
    if name.endswith(".py") and name != "__init__.py"
)


def modules_after(code):
    script = f"import sys; sys.path.insert(0, {os.path.join(ROOT, 'plugins')!r})\n{code}\nprint(' '.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True, text=True)
    return {name.split(".")[0] for name in result.stdout.split()}


@pytest.mark.parametrize("module", ["imagefocus"] + CORE)
def test_the_core_imports_numpy_alone(module):
    loaded = modules_after("import " + module)
    foreign = {"tensorflow", "cellprofiler_core", "matplotlib", "model_export", "scipy", "skimage", "threadpoolctl"}
    assert "numpy" in loaded and not loaded & foreign


def test_rating_with_numpy_needs_neither_tensorflow_nor_scipy():
    loaded = modules_after("import numpy, imagefocus; imagefocus.rate_image(numpy.eye(84))")
    assert not loaded & {"tensorflow", "cellprofiler_core", "matplotlib", "model_export", "scipy", "skimage"}


def test_the_module_brings_neither_tensorflow_nor_the_trainer_nor_pyplot():
    script = "from cellprofiler_core.preferences import set_headless; set_headless(); import measureimagefocus"
    assert not modules_after(script) & {"tensorflow", "model_export"}
    assert "matplotlib" not in open(os.path.join(ROOT, "plugins", "measureimagefocus.py")).read()


def test_the_trainer_never_imports_cellprofiler():
    code = f"sys.path.insert(0, {ROOT!r})\nimport model_export.runs, model_export.evaluate, model_export.network"
    assert "cellprofiler_core" not in modules_after(code)
