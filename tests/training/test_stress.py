"""What weights are measured with: processings, empty and sparse fields, the field images."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile

from imagefocus.network.engines import load_network, load_weights
from model_export import evaluation, field_evaluation, metrics, sparse, stress
from model_export.images import Image


@pytest.fixture(scope="module")
def rater():
    limits = load_weights("v5").card["limits"]
    return evaluation.Rater(load_network("numpy", "v5"), limits)


@pytest.fixture(scope="module")
def few(nuclei):
    return [Image("nuclei", "nuclei.tif", nuclei[:252, :252], "CC0", "made")]


@pytest.mark.parametrize("name", stress.PROCESSINGS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_processing_keeps_the_shape_and_leaves_its_input_alone(name, dtype):
    pixels = np.random.default_rng(0).integers(5, 200, (90, 126)).astype(dtype)
    before = pixels.copy()
    after = stress.PROCESSINGS[name](pixels)
    assert after.shape == pixels.shape and after.dtype.kind == "f" and np.isfinite(after).all()
    assert np.array_equal(pixels, before) and np.ptp(after) > 0
    assert np.array_equal(stress.PROCESSINGS[name](pixels), after)


@pytest.mark.parametrize("name", stress.PROCESSINGS)
def test_a_processing_of_nothing_is_nothing_that_fails(name):
    assert np.isfinite(stress.PROCESSINGS[name](np.full((90, 90), 7))).all()


@pytest.mark.parametrize("name", ["Gaussian 0.8", "Gaussian 1.5", "median 3", "total variation", "wavelet"])
def test_who_denoises_takes_noise_away(name):
    noise = np.random.default_rng(0).normal(100, 5, (128, 128))
    unit = {"total variation": np.ptp(noise), "wavelet": np.ptp(noise)}.get(name, 1)
    assert stress.PROCESSINGS[name](noise).std() * unit < 0.7 * noise.std()


def test_the_noise_of_a_pixel_is_found_beside_objects(nuclei):
    noisy = nuclei * 1000 + np.random.default_rng(0).normal(0, 20, nuclei.shape)
    assert stress.pixel_noise(noisy) == pytest.approx(20, rel=0.3)


@pytest.mark.parametrize("name, count", [("12 gray levels", 12), ("6 gray levels", 6)])
def test_few_gray_levels_are_few(name, count):
    assert len(np.unique(stress.PROCESSINGS[name](np.random.default_rng(0).random((90, 90))))) == count


def test_an_enlarged_point_covers_more_pixels():
    point = np.zeros((101, 101))
    point[50, 50] = 1
    assert stress.PROCESSINGS["enlarged 2 x"](point).sum() == pytest.approx(4)


def test_figures_of_processed_pictures_are_shares_of_every_processing(few, rater, monkeypatch):
    two = {name: stress.PROCESSINGS[name] for name in ("as it is", "enlarged 2 x")}
    monkeypatch.setattr(stress, "PROCESSINGS", two)
    figures = stress.measure_processed(few, rater, print)
    assert figures["as it is: blurred, called in focus"] == figures["as it is: level 0, flagged"] == 0
    assert set(figures) == {
        "as it is: blurred, called in focus",
        "as it is: level 0, flagged",
        "enlarged 2 x: blurred, called in focus",
    }
    assert stress.measure_processed_noise(rater, (168, 168))["as it is: largest CertainFraction"] < 0.05


def test_shading_is_smooth_and_of_the_whole_range():
    random = np.random.default_rng(0)
    for kind in range(3):
        shading = stress._shading(kind, (168, 252), random)
        assert shading.min() == 0 and shading.max() == 1
        assert np.abs(np.diff(shading)).max() < 0.1 and np.abs(np.diff(shading, axis=0)).max() < 0.1
    assert (
        stress.measure_shaded_blanks(lambda pixels: SimpleNamespace(verdict="nothing to judge"), 3, (84, 84))[
            "simulated: nothing to judge"
        ]
        == 1
    )


def test_a_cell_that_touches_nothing_is_cut_out_with_a_dark_rim():
    rows, columns = np.indices((120, 200))
    light = 0.1 + 0.9 * (np.hypot(rows - 60, columns - 50) < 12)
    light = np.maximum(light, (np.hypot(rows - 60, columns - 150) < 12) + (np.hypot(rows - 60, columns - 178) < 12))
    (cell,) = sparse.cut_isolated_cells(light)
    assert cell.max() == pytest.approx(0.9) and not cell[[0, -1]].any() and not cell[:, [0, -1]].any()


def test_fields_of_one_cell_are_sharp_or_blurred(few, rater):
    fields = list(sparse.draw_fields(few, 6))
    assert [level for level, _ in fields] == [0, 6] * 3
    assert {pixels.shape for _, pixels in fields} == {(588, 588)}
    figures = sparse.measure_one_cell(few, rater, 18)
    assert set(figures) == {"level 0: right", "level 6: right"} and all(0 <= share <= 1 for share in figures.values())


def test_the_field_is_read_and_counted(tmp_path, defocused):
    random = np.random.default_rng(0)
    noise = random.poisson(100, (256, 256)).astype(np.uint16)
    kinds = [
        ("sharp.tif", "field", "sharp", "", defocused[0]),
        ("fine.tif", "field", "soft", "yes", defocused[0].repeat(2, 0).repeat(2, 1)),
        ("small.tif", "field", "sharp", "yes", defocused[0][:100, :100]),
        ("blank.tif", "field", "blank", "", noise),
        ("inverted.tif", "unsupported", "unsupported", "", defocused[0].max() - defocused[0]),
        ("stack_bian_grid.tif", "stack", "", "", np.stack([defocused[abs(z - 11)] for z in range(5, 21)])),
    ]
    with open(tmp_path / "field.csv", "w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["file", "kind", "judged", "oversampled", "source"])
        for *row, pixels in kinds:
            tifffile.imwrite(tmp_path / row[0], pixels)
            writer.writerow([*row, "owner/name@1a2b path"])
    field = field_evaluation.read_field(str(tmp_path / "field.csv"))
    assert {image.source for image in field} == {"owner/name"} and field[1].oversampled
    rater = evaluation.Rater(load_network("numpy", "v5"), load_weights("v5").card["limits"])
    figures = field_evaluation.measure_planes(field, rater)
    assert figures["sharp: images"] == figures["blank: images"] == figures["blank: nothing to judge"] == 1
    assert figures["oversampled, at scale 0.5: images"] == 1 and figures["sharp: flagged"] == 0
    warned = field_evaluation.measure_warnings(field)
    assert warned == {"unsupported: warned": 1, "fluorescence: warned": 0}
    assert field_evaluation.measure_stacks(field, rater)["stack_bian_grid.tif: judged"] > 0


def test_a_table_of_the_field_without_a_column_and_a_damaged_image_are_named(tmp_path):
    table = tmp_path / "field.csv"
    table.write_text("file,kind,judged\na.tif,field,sharp\n")
    with pytest.raises(ValueError, match="field.csv lacks the columns oversampled, source"):
        field_evaluation.read_field(str(table))
    table.write_text("file,kind,judged,oversampled,source\na.tif,field,sharp,,x\n")
    (tmp_path / "a.tif").write_bytes(b"no TIFF")
    with pytest.raises(ValueError, match="a.tif: not a TIFF file"):
        field_evaluation.read_field(str(table))


def test_the_error_of_expected_scores_is_measured(few, rater):
    results = evaluation.rate_pictures(evaluation.defocus_images(few), rater)
    figures = metrics.measure_expected_scores(results)
    assert figures["mean absolute error of ExpectedScore"] < 0.6 and figures["mean ExpectedScore at level 0"] < 1
