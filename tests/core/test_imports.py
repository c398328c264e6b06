"""What may be imported where: read off the import statements, and tried in fresh processes."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import files

ROOT = Path(files.ROOT)
PLUGINS = ROOT / "plugins"
CORE_FILES = sorted((PLUGINS / "imagefocus").rglob("*.py"))
PLUGIN_FILES = sorted(PLUGINS.rglob("*.py"))
ROOMS = {"files", "screens", "cli", "report"}  # what the core, all the rest, must not know
OPTIONAL = {"skimage", "tensorflow", "threadpoolctl"}  # what the core may import in the function that needs it


def module_name(path):
    return ".".join(path.relative_to(PLUGINS).with_suffix("").parts).replace(".__init__", "")


def imported_names(nodes, path):
    """Full names of all that import statements of a file among `nodes` import."""
    package = path.relative_to(PLUGINS).parent.parts
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*start, node.module] if node.module else start)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imports_anywhere(path):
    return set(imported_names(ast.walk(ast.parse(path.read_text(encoding="utf-8"))), path))


def packages(names):
    return {name.split(".")[0] for name in names}


def rooms(names):
    return {name.split(".")[1] for name in names if name.startswith("imagefocus.")} & ROOMS


def is_core(path):
    first = path.relative_to(PLUGINS / "imagefocus").parts[0]
    return first not in ROOMS and first != "__main__.py"


def loaded_after(code):
    """Names of the modules that a fresh process has loaded after some code, and those that are installed packages."""
    script = (
        f"import sys; sys.path.insert(0, {str(PLUGINS)!r}); before = set(sys.modules)\n{code}\n"
        "new = {name.split('.')[0]: module for name, module in sorted(sys.modules.items()) if name not in before}\n"
        "print(*new)\n"
        "print(*(name for name, module in new.items() if 'site-packages' in str(getattr(module, '__file__', ''))))"
    )
    result = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True, text=True)
    loaded, installed = result.stdout.split("\n")[:2]
    return set(loaded.split()), set(installed.split())


@pytest.mark.parametrize("path", [path for path in CORE_FILES if path.name != "__main__.py"], ids=module_name)
def test_every_module_of_the_package_imports_numpy_alone(path):
    loaded, installed = loaded_after("import " + module_name(path))
    assert installed <= {"numpy"}
    assert not loaded & {"cellprofiler_core", "matplotlib", "model_export", "scipy", *OPTIONAL}


def test_rating_with_numpy_needs_neither_tensorflow_nor_scipy():
    loaded, _ = loaded_after("import numpy, imagefocus; imagefocus.rate_image(numpy.eye(84))")
    assert not loaded & {"tensorflow", "cellprofiler_core", "matplotlib", "model_export", "scipy", "skimage"}


def test_the_module_brings_neither_tensorflow_nor_the_trainer_nor_pyplot():
    code = "from cellprofiler_core.preferences import set_headless; set_headless(); import measureimagefocus"
    assert not loaded_after(code)[0] & {"tensorflow", "model_export"}
    assert "matplotlib" not in (PLUGINS / "measureimagefocus.py").read_text()


def test_the_trainer_never_imports_cellprofiler():
    code = f"sys.path.insert(0, {str(ROOT)!r})\nimport model_export.runs, model_export.evaluate, model_export.network"
    assert "cellprofiler_core" not in loaded_after(code)[0]


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=module_name)
def test_nothing_that_users_run_imports_the_trainer(path):
    assert "model_export" not in packages(imports_anywhere(path))


@pytest.mark.parametrize("path", CORE_FILES, ids=module_name)
def test_the_package_does_not_know_cellprofiler_or_its_module(path):
    foreign = {"cellprofiler", "cellprofiler_core", "measureimagefocus", "_measureimagefocus"}
    assert not packages(imports_anywhere(path)) & foreign


@pytest.mark.parametrize("path", [path for path in CORE_FILES if is_core(path)], ids=module_name)
def test_the_core_does_not_know_the_rooms_about_it(path):
    assert not rooms(imports_anywhere(path))


def test_every_way_to_write_an_import_of_a_room_is_seen():
    path = PLUGINS / "imagefocus" / "network" / "engines.py"
    for line in (
        "from .. import files",
        "from ..cli import main",
        "import imagefocus.report",
        "from imagefocus import cli",
    ):
        assert rooms(imported_names(ast.parse(f"def function():\n    {line}").body[0].body, path)), line


def runtime_nodes(node):
    """The nodes below one, without its annotations, which are never evaluated."""
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield child
                    yield from runtime_nodes(child)


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=module_name)
def test_what_users_run_is_valid_on_python_3_8(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    from_abc = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "collections.abc"
    ]
    generics = {"dict", "frozenset", "list", "set", "tuple", "type"} | {a.name for node in from_abc for a in node.names}
    subscripted = {
        node.value.id
        for node in runtime_nodes(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
    }
    assert not subscripted & generics  # 3.9 was the first that can
