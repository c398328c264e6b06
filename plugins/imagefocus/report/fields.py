"""Fields, the image sets of a report: their places, their ratings in each channel, and how to load them again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Channel:
    """Ratings of one channel, an entry an image set.

    Attributes
    ----------
    name : str
    numbers : dict of (n,) float arrays
        By the names of the report's features; NaN where there is no rating.
    errors : dict of int: str
        Why an image has no rating, by image set. An image set without an image of the channel has neither.
    file_column : str or None
        The column of `Fields.load` with the names of the images; None for images made in the pipeline.
    planes : list of str
        Which plane of its file each image is; empty where the file has no other.
    """

    name: str
    numbers: dict[str, np.ndarray]
    errors: dict[int, str]
    file_column: str | None
    planes: list[str]


@dataclass
class Fields:
    """Image sets in the order of the table.

    Attributes
    ----------
    plates, wells, sites : lists of str
    channels : list of Channel
    load : dict of lists of str
        Columns of a CSV for LoadData.
    notes : list of str
        What the report leaves out or amends, for its reader.
    """

    plates: list[str]
    wells: list[str]
    sites: list[str]
    channels: list[Channel]
    load: dict[str, list[str]]
    notes: list[str]

    def __len__(self) -> int:
        return len(self.plates)

    def file_names(self, channel: Channel) -> list[str]:
        """Names of a channel's files; empty texts where it has none."""
        return self._column(channel.file_column or "")

    def folders(self, channel: Channel) -> list[str]:
        """Folders of a channel's files; empty texts where the table does not say."""
        return self._column(load_name("PathName", channel.name))

    def frames(self, channel: Channel) -> list[str]:
        """Which frame of its file LoadData would read; empty texts where the table does not say."""
        return self._column(load_name("Frame", channel.name))

    def _column(self, name: str) -> list[str]:
        return self.load.get(name) or [""] * len(self)


def load_name(kind: str, image: str) -> str:
    """Name of a column for LoadData.

    Parameters
    ----------
    kind : str
        "FileName", "PathName", "Frame" or "Series".
    image : str
        The image's name in the pipeline.

    Examples
    --------
    >>> load_name("FileName", "DNA"), load_name("Frame", "DNA")
    ('Image_FileName_DNA', 'Frame_DNA')
    """
    prefix = "Image_" if kind in ("FileName", "PathName") else ""
    return f"{prefix}{kind}_{image}"
