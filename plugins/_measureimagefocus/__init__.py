"""The parts of the CellProfiler module MeasureImageFocus. CellProfiler loads only the file beside this folder."""
