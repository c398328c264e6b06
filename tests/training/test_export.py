"""The way from in-focus images to weights, on a few small images and steps: the pieces fit, accuracy is not the point."""

import errno
import json
import os
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

import imagefocus
from imagefocus.network import engines, numpy_engine
from imagefocus.network import weights as weight_files
from imagefocus.patches import cut_patches, patch_grid
from imagefocus.pixels import normalize
from model_export import __main__ as command
from model_export import export, images, run_folders, runs, training
from model_export.saved_model import write_saved_model


def train(training_images, run, *more):
    command.main(["train", "--images", training_images, "--output", run, "--keep-doubtful", "--steps", "4", *more])


@pytest.fixture(scope="module")
def run_folder(training_images, tmp_path_factory):
    run = str(tmp_path_factory.mktemp("runs") / "run")
    train(training_images, run, "--leave-out", "b")
    return run


@pytest.fixture(scope="module")
def weights(run_folder, tmp_path_factory):
    output = str(tmp_path_factory.mktemp("weights") / "v7")
    command.main(["export", "--run", run_folder, "--output", output])
    return output


@pytest.fixture
def copy(weights, tmp_path):
    return shutil.copytree(weights, str(tmp_path / "v7"))


def test_exported_weights_rate_images_with_both_engines_alike(weights):
    image = np.random.default_rng(0).random((200, 200))
    ratings = [imagefocus.rate_image(image, engine=engine, weights=weights) for engine in ("numpy", "tensorflow")]
    assert np.abs(ratings[0].probabilities - ratings[1].probabilities).max() < 1e-4


def test_the_folded_layers_give_the_probabilities_of_the_trained_network():
    from model_export import network

    model = network.build()
    random = np.random.default_rng(0)
    model.set_weights([value + 0.1 * random.random(value.shape) for value in model.get_weights()])
    patches = random.standard_normal((5, 84, 84)).astype(np.float32)
    folded = numpy_engine.numpy_network(network.folded_layers(model))(patches)
    assert np.abs(folded - model.predict(patches[..., None], verbose=0)).max() < 2e-3  # float16 arrays


def test_the_card_says_what_was_trained_on_and_what_left_out(weights):
    card = weight_files.Weights(weights).card
    assert card["version"] == "v7" and card["training"]["steps"] == 4
    assert card["training_sets"] == {"a": {"images": 3, "licences": ["CC0"], "sources": ["made@1a2b"]}}
    assert list(card["held_out_sets"]) == list(card["calibration"]["left_out_sets"]) == ["b"]
    assert card["metrics"]["left out of the calibration's run"]["images"] == 3
    assert "left_out_images" not in json.dumps(card)  # where they lie is nobody's business


def test_the_limit_and_the_temperature_can_come_from_a_run_that_left_sets_out(
    training_images, run_folder, weights, tmp_path
):
    whole, output = str(tmp_path / "whole"), str(tmp_path / "v9")
    train(training_images, whole)
    command.main(["export", "--run", whole, "--calibrate-from", run_folder, "--output", output])
    card, expected = weight_files.Weights(output).card, weight_files.Weights(weights).card
    assert set(card["training_sets"]) == {"a", "b"}
    assert set(card["held_out_sets"]) == {"b"} and card["training_sets"]["b"]["images"] == 2  # its last image
    for entry in ("limits", "calibration", "metrics"):
        assert card[entry] == expected[entry]


def test_temperature_sharpens_or_flattens_every_distribution(run_folder):
    layers = run_folders.read_run(run_folder)[0]
    patches = np.random.default_rng(0).standard_normal((5, 84, 84)).astype(np.float32)
    plain, sharper = (numpy_engine.numpy_network(export.soften(layers, t))(patches) for t in (1, 0.5))
    expected = plain**2 / (plain**2).sum(axis=1, keepdims=True)
    assert np.abs(sharper - expected).max() < 1e-3


def test_both_engines_give_up_the_same_unsure_patches(tmp_path, defocused):
    layers = weight_files.Weights(weight_files.find_weights()).layers()
    layers.pop("doubt", None)
    with_doubt = export.with_doubt(layers)
    write_saved_model(with_doubt, str(tmp_path / "saved_model"))
    weights = SimpleNamespace(saved_model=str(tmp_path / "saved_model"), layers=lambda: with_doubt)
    patches = normalize(np.concatenate([cut_patches(image, *patch_grid(image.shape)) for image in defocused[:4]]))
    plain, *both = (network(patches) for network in [numpy_engine.numpy_network(layers), *of_both_engines(weights)])
    assert np.abs(both[0] - both[1]).max() < 1e-4
    change = np.abs(both[0] - plain).max(axis=1)
    assert 0.02 < np.mean(change > 0.05) < 0.5 and np.mean(change < 1e-6) > 0.5


def of_both_engines(weights):
    return [engines.network_of(weights, engine) for engine in ("numpy", "tensorflow")]


def test_a_version_is_never_overwritten(weights, run_folder):
    before = weight_files.sha256(os.path.join(weights, "SHA256SUMS"))
    with pytest.raises(SystemExit, match="v7 exists already"):
        command.main(["export", "--run", run_folder, "--output", weights])
    assert weight_files.sha256(os.path.join(weights, "SHA256SUMS")) == before


def test_an_export_that_does_not_verify_leaves_nothing(run_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "SIZE_LIMIT", 1000)
    with pytest.raises(SystemExit, match="bytes, more than 1000"):
        command.main(["export", "--run", run_folder, "--output", str(tmp_path / "v8")])
    assert os.listdir(tmp_path) == []


def full_disk(of_tensorflow):
    import tensorflow as tf

    message = os.strerror(errno.ENOSPC)
    return tf.errors.ResourceExhaustedError(None, None, message) if of_tensorflow else OSError(errno.ENOSPC, message)


@pytest.mark.parametrize("step, of_tensorflow", [("write_saved_model", True), ("write_card", False)])
def test_a_full_disk_leaves_nothing(run_folder, tmp_path, monkeypatch, step, of_tensorflow):
    def full(*arguments):
        raise full_disk(of_tensorflow)

    monkeypatch.setattr(export, step, full)
    with pytest.raises(SystemExit, match="No space left"):
        command.main(["export", "--run", run_folder, "--output", str(tmp_path / "v8")])
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_no_half_of_a_model_for_fiji(weights, tmp_path, monkeypatch):
    def half(source, target):
        os.mkdir(target)
        raise full_disk(False)

    monkeypatch.setattr(shutil, "copytree", half)
    with pytest.raises(SystemExit, match="No space left"):
        command.main(["export", "--fiji", str(tmp_path / "fiji"), "--weights", weights])
    assert os.listdir(tmp_path) == []


def test_a_folder_without_a_finished_run_is_named(tmp_path):
    with pytest.raises(SystemExit, match="holds no finished training run"):
        command.main(["export", "--run", str(tmp_path), "--output", str(tmp_path / "v8")])
    with pytest.raises(SystemExit, match="there is no folder .*missing"):
        command.main(["export", "--run", str(tmp_path / "missing"), "--output", str(tmp_path / "v8")])


def test_a_run_taken_up_again_ends_as_one_that_was_not_interrupted(
    training_images, run_folder, tmp_path, monkeypatch, capsys
):
    run = str(tmp_path / "run")
    monkeypatch.setattr(training, "STEPS_PER_CHECKPOINT", 2)
    import tensorflow as tf

    save = tf.train.CheckpointManager.save

    def save_and_interrupt(manager):
        save(manager)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tf.train.CheckpointManager, "save", save_and_interrupt)
        with pytest.raises(SystemExit, match="goes on from the last checkpoint"):
            train(training_images, run, "--leave-out", "b")
    assert not os.path.exists(os.path.join(run, "layers.npz"))
    train(training_images, run, "--leave-out", "b")
    assert "Going on from step 2" in capsys.readouterr().out
    whole, resumed = (run_folders.read_run(folder)[0] for folder in (run_folder, run))
    assert all(np.array_equal(whole[name], resumed[name]) for name in whole)


def test_a_run_folder_is_not_mixed_with_another_run(training_images, run_folder, tmp_path):
    with pytest.raises(SystemExit, match="holds a finished run"):
        train(training_images, run_folder, "--leave-out", "b")
    run = tmp_path / "run"
    run.mkdir()
    (run / "checkpoints").mkdir()
    (run / "settings.json").write_text('{"seed": 5, "steps": 4, "leave_out": []}')
    with pytest.raises(SystemExit, match="was begun with other images and seed; repeat that command"):
        train(training_images, str(run))


@pytest.mark.parametrize("sets", [["no-such-set"], ["a", "b"]])
def test_sets_that_cannot_be_left_out_are_refused(training_images, tmp_path, sets):
    with pytest.raises(SystemExit, match="--leave-out must name some, not all, of the sets, which are: a, b"):
        train(training_images, str(tmp_path / "run"), "--leave-out", *sets)
    assert os.listdir(tmp_path) == []


def test_every_tenth_image_is_left_out_where_no_set_is_named():
    read = [images.Image("a", str(index), np.zeros((1, 1)), "", "") for index in range(30)]
    kept, held_out = runs.split(read, ())
    assert [image.path for image in held_out] == ["5", "15", "25"] and len(kept) == 27
    assert [image.path for image in runs.split(read[:2], ())[1]] == ["1"]
    with pytest.raises(ValueError, match="two images are needed"):
        runs.split(read[:1], ())


@pytest.mark.parametrize("version", imagefocus.shipped_weights())
def test_the_shipped_weights_verify(version, capsys):
    command.main(["verify", version])
    assert "both engines agree" in capsys.readouterr().out


@pytest.mark.parametrize(
    "entry, value, message",
    [
        ("parameters", 1, "the card says 1"),
        ("input_side_pixels", 64, "differ in the input side"),
        ("bytes", {"weights.npz": 5}, r"weights.npz is \d+ bytes, the card says 5"),
    ],
)
def test_verify_finds_a_card_that_disagrees_with_the_files(copy, entry, value, message):
    export.write_card(copy, {**weight_files.Weights(copy).card, entry: value})
    with pytest.raises(weight_files.WeightsError, match=message):
        export.verify(copy)


def test_verify_finds_golden_examples_that_an_engine_misses(copy):
    golden = weight_files.Weights(copy).golden()
    golden["probabilities"][0, 0] += 0.01
    np.savez_compressed(os.path.join(copy, "golden.npz"), **golden)
    export.write_checksums(copy)
    with pytest.raises(weight_files.WeightsError, match="numpy differs from golden.npz.*tensorflow differs"):
        export.verify(copy)


def test_weights_of_another_format_say_what_to_do(copy):
    export.write_card(copy, {**weight_files.Weights(copy).card, "format": 9})
    with pytest.raises(
        imagefocus.WeightsError, match="has weights of format 9, and this version of imagefocus reads format 2"
    ):
        weight_files.Weights(copy)


def test_the_model_for_fiji_takes_a_mosaic_and_returns_its_patches(weights, tmp_path):
    import tensorflow as tf

    folder = str(tmp_path / "fiji")
    command.main(["export", "--fiji", folder, "--weights", weights])
    signature = tf.saved_model.load(folder, tags=["inference"]).signatures["serving_default"]
    mosaic = np.random.default_rng(0).random((168, 252), np.float32)
    answer = signature(input=tf.constant(mosaic))
    assert answer["patches"].shape == (6, 84, 84, 1)
    for index, (row, column) in enumerate(np.ndindex(2, 3)):  # row by row
        patch = mosaic[84 * row : 84 * row + 84, 84 * column : 84 * column + 84]
        assert np.array_equal(answer["patches"][index, :, :, 0], patch)
        expected = imagefocus.rate_image(patch, weights=weights).probabilities
        assert np.abs(answer["probabilities"][index] - expected).max() < 1e-4
    with pytest.raises(SystemExit, match="fiji exists already"):
        command.main(["export", "--fiji", folder, "--weights", weights])


def test_export_without_a_place_says_what_it_needs():
    with pytest.raises(SystemExit, match="--run and --output are needed, or --fiji"):
        command.main(["export"])


@pytest.mark.parametrize(
    "arguments",
    [["--fiji", "x", "--run", "y"], ["--fiji", "x", "--output", "y"]],
)
def test_a_model_for_fiji_is_made_of_finished_weights(arguments):
    with pytest.raises(SystemExit, match="--fiji takes finished weights"):
        command.main(["export", *arguments])


def test_a_network_that_diverged_does_not_verify(run_folder, tmp_path):
    run = shutil.copytree(run_folder, str(tmp_path / "run"))
    layers = run_folders.read_run(run)[0]
    layers["dense_bias"][3] = np.nan
    np.savez(os.path.join(run, "layers.npz"), **layers)
    with pytest.raises(SystemExit, match="numpy differs from golden.npz by nan"):
        command.main(["export", "--run", run, "--output", str(tmp_path / "v8")])
    assert os.listdir(tmp_path) == ["run"]


def test_one_bad_image_does_not_stop_a_training(training_images, tmp_path):
    folder = shutil.copytree(os.path.dirname(training_images), str(tmp_path / "images"))
    with open(os.path.join(folder, "5.tif"), "wb") as file:
        file.write(b"II*\0")  # it would be the one held out
    train(folder, str(tmp_path / "run"))
    assert len(run_folders.read_run(str(tmp_path / "run"))[1]["left_out_images"]) == 1
