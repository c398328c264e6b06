"""Plate, well, site and channel out of file names."""

import pytest

from imagefocus.screens.names import CONVENTIONS, recognize, recognize_all


@pytest.mark.parametrize("convention", CONVENTIONS, ids=[convention.name for convention in CONVENTIONS])
def test_the_example_of_each_convention_is_recognized_by_it_first(convention):
    first = next(other for other in CONVENTIONS if other.pattern.match(convention.example))
    place = recognize(convention.example)
    assert first is convention and place.well == "A02" and place.channel
    assert place.site == ("" if convention.name == "a well without a site" else "3")


@pytest.mark.parametrize(
    "name, plate, well, site, channel",
    [
        ("Plate_A01_s1_w1.tif", "Plate", "A01", "1", "w1"),
        ("IXMtest_B13_s12_w21051DAA7-6C3F-4A8D-9C1A-0123456789AB.tif", "IXMtest", "B13", "12", "w2"),
        ("r01c02f03p01-ch1sk1fk1fl1.tiff", "", "A02", "3", "ch1"),
        ("A01_s1", "", "A01", "1", ""),
        ("BR00116991_AF48_s01_w5.TIF", "BR00116991", "AF48", "1", "w5"),
        ("P01_B3_site_2_ch3.png", "P01", "B03", "2", "ch3"),
        ("X1_H07_T0001F004L01A02Z01C03.tif", "X1", "H07", "4", "C03"),
        ("AS_09125_050118150001_A03f04d2.TIF", "AS_09125_050118150001", "A03", "4", "d2"),
        ("C - 11(fld 2 wv DAPI - DAPI).tif", "", "C11", "2", "DAPI - DAPI"),
        ("Demo_Z99_s1_w1.tif", "Demo", "Z99", "1", "w1"),
        ("nuclei C1 overview.tif", "", "", "", ""),
        ("", "", "", "", ""),
    ],
)
def test_microscopes_file_names_are_recognized(name, plate, well, site, channel):
    assert recognize(name)[:4] == (plate, well, site, channel)


@pytest.mark.parametrize(
    "names, channels",
    [
        (["c1.tif", "c2.tif", "c64.tif"], [""] * 3),
        (["P_c1.tif", "Q_c1.tif"], [""] * 2),
        (["P_c1.tif", "P_c2.tif"], ["c1", "c2"]),
        (["P_c100.tif", "P_ch101.tif", "P_w102.tif"], [""] * 3),
        (["P_w1.tif", "Q_w1.tif"], ["w1"] * 2),
        (["P-ch1.tif", "w1.tif"], ["ch1", ""]),
    ],
)
def test_not_every_name_with_a_letter_and_a_number_has_a_channel(names, channels):
    places = recognize_all(names)
    assert [place.channel for place in places] == channels
    assert all(place.rest == name for place, name in zip(places, names) if not place.channel)
