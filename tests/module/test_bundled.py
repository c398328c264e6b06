"""The module where the bundled weights cannot be read: it is there, and says what is wrong when it is to run."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("cellprofiler_core")
import cellprofiler_core.pipeline as cp_pipeline
import cellprofiler_core.setting as cp_setting

import imagefocus
from _measureimagefocus import advanced_settings, bundled
from helpers.module_runs import make_module
from imagefocus.network.engines import load_weights
from imagefocus.network.weights import DEFAULT_WEIGHTS

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"


def raise_error(error):
    def function(*arguments):
        raise error

    return function


def test_the_limit_is_that_of_the_default_weights():
    limit = load_weights().in_focus_limit
    assert bundled.read_in_focus_limit() == limit
    assert bundled.describe_in_focus_limit() == f"{limit:.2f}, the in-focus limit of weights {DEFAULT_WEIGHTS}"


@pytest.mark.parametrize(
    "error", [imagefocus.WeightsError("there are none"), PermissionError(13, "Permission denied"), KeyError("limits")]
)
def test_a_module_is_made_although_the_limit_cannot_be_read(error, monkeypatch):
    monkeypatch.setattr(bundled, "load_weights", raise_error(error))
    assert bundled.describe_in_focus_limit() == "the in-focus limit"
    assert make_module().in_focus_limit.value == advanced_settings.FALLBACK_LIMIT


@pytest.mark.parametrize("list_versions", [raise_error(PermissionError(13, "Permission denied")), list])
def test_the_default_weights_stay_a_choice_although_none_can_be_listed(list_versions, monkeypatch):
    monkeypatch.setattr(imagefocus, "shipped_weights", list_versions)
    assert make_module().weights.choices == [DEFAULT_WEIGHTS, advanced_settings.OWN_WEIGHTS]


@pytest.fixture(params=["missing", "empty", "altered", "card without limits"])
def broken_plugins(request, tmp_path):
    """A copy of plugins/ whose weights are broken in one way."""
    plugins = tmp_path / "plugins"
    shutil.copytree(str(PLUGINS), str(plugins), ignore=shutil.ignore_patterns("__pycache__"))
    folder = plugins / "imagefocus" / "weights" / DEFAULT_WEIGHTS
    if request.param in ("missing", "empty"):
        shutil.rmtree(str(folder.parent))
    if request.param == "empty":
        folder.mkdir(parents=True)
    if request.param == "altered":
        (folder / "weights.npz").write_bytes(b"x")
    if request.param == "card without limits":
        (folder / "model_card.json").write_text(f'{{"format": 2, "version": "{DEFAULT_WEIGHTS}"}}')
        digest = imagefocus.network.weights.sha256(str(folder / "model_card.json"))
        lines = (folder / "SHA256SUMS").read_text().splitlines()
        lines = [line for line in lines if not line.endswith("model_card.json")] + [f"{digest}  model_card.json"]
        (folder / "SHA256SUMS").write_bytes("".join(line + "\n" for line in lines).encode())
    return plugins


def test_cellprofiler_gets_a_module_with_help_from_plugins_with_broken_weights(broken_plugins):
    script = (
        f"import sys; sys.path.insert(0, {str(broken_plugins)!r})\n"
        "from cellprofiler_core.preferences import set_headless; set_headless()\n"
        "import measureimagefocus\n"
        "module = measureimagefocus.MeasureImageFocus()\n"
        "assert 'is above the in-focus limit, or when' in ' '.join(module.get_help().split())\n"
        "print(measureimagefocus.__file__, module.weights.value, len(module.settings()))"
    )
    result = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert result.stdout.splitlines()[-1] == f"{broken_plugins / 'measureimagefocus.py'} {DEFAULT_WEIGHTS} 26"


def test_unreadable_weights_are_an_error_when_the_module_is_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(imagefocus.network.weights, "WEIGHTS_FOLDER", str(tmp_path))
    module = make_module()
    with pytest.raises(cp_setting.ValidationError, match="reinstall the plugin, it lost its own") as raised:
        module.validate_module(cp_pipeline.Pipeline())
    assert raised.value.setting is module.weights
