"""Planes of stacks and volumes in the report."""

from helpers.made_reports import fields_of, fields_of_rows, image_set, rated_file, write_database
from imagefocus.report.page_data import collect_data
from imagefocus.report.planes import describe_file


def test_planes_are_shown_where_a_file_has_more_than_one(tmp_path):
    rows = [rated_file("x.tif", plane=plane) for plane in range(3)] + [rated_file("y.tif")]
    fields = fields_of_rows(tmp_path, rows)
    channel = fields.channels[0]
    assert [describe_file(fields, channel, row) for row in (1, 3)] == ["x.tif, plane 1", "y.tif"]
    assert collect_data(fields)["channels"][0]["planes"]["texts"] == ["0", "1", "2", ""]
    assert "1 file(s) have more than one plane: each plane counts as a field" in " ".join(fields.notes)
    assert "more than one plane" not in " ".join(fields_of_rows(tmp_path, rows[2:]).notes)


def test_a_volume_is_one_field_with_its_measured_plane(tmp_path):
    volumes = {"FileName_DNA": "v.tif", "Frame_DNA": 7, "ImageFocus_BestPlane_DNA": "2.0"}
    rows = [image_set(1, **volumes), image_set(2, **{**volumes, "FileName_DNA": "w.tif"})]
    for fields in (
        fields_of_rows(tmp_path, rows),
        fields_of(write_database(tmp_path / "run.db", rows)),
    ):
        assert [channel.planes for channel in fields.channels] == [["2", "2"], ["", ""]]
        assert not fields.notes and not [name for name in fields.load if "Best" in name]


def test_frames_of_stacks_are_shown_and_fields_of_their_own(tmp_path):
    fields = fields_of_rows(tmp_path, [image_set(1, FileName_DNA="x.tif", Frame_DNA=frame) for frame in (0, 1)])
    assert fields.channels[0].planes == ["0", "1"] and "1 file(s) have more than one plane" in fields.notes[0]
