"""Made-up tables of ratings, as the command line, ExportToSpreadsheet and ExportToDatabase write them."""

import sqlite3

import numpy as np
import pytest

from imagefocus.measurements import measurement_name
from imagefocus.report import write_report
from imagefocus.report.gather import gather_fields
from imagefocus.report.tables import REPORT_FEATURES, read_columns
from imagefocus.screens.wells import well_name

from .files import write_table

GOOD = (1, 1.25, 0.6, 0.9)  # a rating: REPORT_FEATURES in their order
BLURRED = (7, 7.0, 0.5, 0.9)
BLANK = (5, 5.0, 0.01, 0.0)


def rating(values, suffix=""):
    return {measurement_name(feature) + suffix: value for feature, value in zip(REPORT_FEATURES, values)}


def rated_file(name, values=GOOD, folder="/data", plane=0, error=""):
    """A row as `imagefocus rate` writes it."""
    return {"FileName": name, "Path": f"{folder}/{name}", "Plane": plane, **rating(values), "Error": error}


def image_set(number, well="B03", dna=GOOD, dna_1=GOOD, **more):
    """A row of CellProfiler's table, whose images are called DNA and DNA_1."""
    row = {"ImageNumber": number, "Metadata_Plate": "P1", "Metadata_Well": well, "Metadata_Site": "2"}
    for channel, values in (("DNA", dna), ("DNA_1", dna_1)):
        row.update(rating(values, "_" + channel))
        row.update({"FileName_" + channel: f"{channel}{number}.tif", "PathName_" + channel: "/data"})
    return {**row, **more}


def write_database(path, rows, table="MyExpt_Per_Image"):
    prefixed = [name if name == "ImageNumber" else "Image_" + name for name in rows[0]]
    database = sqlite3.connect(str(path))
    database.execute("CREATE TABLE {} ({})".format(table, ", ".join(f'"{name}"' for name in prefixed)))
    for row in rows:
        database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", list(row.values()))
    database.commit()
    database.close()
    return str(path)


def fields_of(path):
    return gather_fields(*read_columns(path))


def fields_of_rows(tmp_path, rows):
    return fields_of(write_table(tmp_path / "images.csv", rows))


def report_of(tmp_path, rows):
    """The report's text, and its notes."""
    notes = write_report(write_table(tmp_path / "images.csv", rows), str(tmp_path / "report.html"))
    return (tmp_path / "report.html").read_text(encoding="utf-8"), notes


def failure(tmp_path, path):
    with pytest.raises(ValueError) as error:
        write_report(str(path), str(tmp_path / "report.html"))
    assert not (tmp_path / "report.html").exists()
    return str(error.value)


def write_images(folder, count):
    """Pictures of noise, which compress worst; as large as a camera's, they would be shown as small."""
    import tifffile

    random = np.random.default_rng(0)
    for number in range(count):
        tifffile.imwrite(str(folder / f"A01_s{number}.tif"), random.integers(0, 4000, (400, 500)).astype(np.uint16))


def many_rows(count):
    random = np.random.default_rng(0)
    for number in range(count):
        well, site = divmod(number, 9)
        name = f"Plate{well // 384:02}_{well_name(well % 384 // 24, well % 24)}_s{site + 1}_w1.tif"
        level, certainty, fraction = random.random(3)
        yield rated_file(name, (int(9 * level), 9 * level, certainty, fraction), "/data/screen/images")
