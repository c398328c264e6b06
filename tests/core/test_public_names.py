"""What `import imagefocus` offers."""

import inspect
import types

import imagefocus


def test_the_public_names_are_those_of_all_and_documented():
    public = {
        name
        for name, value in vars(imagefocus).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert public == set(imagefocus.__all__) and sorted(imagefocus.__all__) == imagefocus.__all__
    for name in public:
        value = getattr(imagefocus, name)
        if callable(value):
            assert inspect.getdoc(value), name


def test_public_functions_are_annotated():
    for name in imagefocus.__all__:
        value = getattr(imagefocus, name)
        if inspect.isfunction(value):
            signature = inspect.signature(value)
            parameters = [p for p in signature.parameters.values() if p.annotation is inspect.Parameter.empty]
            assert not parameters and signature.return_annotation is not inspect.Signature.empty, name


def test_the_older_name_of_an_error_still_catches_it():
    assert imagefocus.NotGreyscale is imagefocus.NotGrayscale
