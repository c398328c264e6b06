"""Use MeasureImageFocus in CellProfiler's window as a user does; run.sh starts this.

    tests/checks/gui/check.py FOLDER PICTURES

FOLDER holds images/, the demonstration plate, and five_channels/, that of the example load_data. A thread plays the
user: it asks the window's own thread to do one thing after the other through the controls, looks at what came of it,
and takes pictures.
"""

import csv
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
FOLDER, PICTURES = sys.argv[1:3]
RESULTS = os.path.join(FOLDER, "results")
os.makedirs(RESULTS)
sys.argv = sys.argv[:1]

import matplotlib

matplotlib.use("WXAgg")
from cellprofiler_core import preferences

preferences.set_plugin_directory(os.path.join(ROOT, "plugins"), globally=False)
preferences.set_default_output_directory(RESULTS)
preferences.set_default_image_directory(os.path.join(FOLDER, "five_channels"))  # where the example load_data looks
preferences.set_max_workers(2)

import wx
from cellprofiler.gui.app import App
from driver import Driver


def pipeline_without_the_module():
    """The example pipeline as a user has it before adding the module: input and export."""
    with open(os.path.join(ROOT, "example_pipelines", "measure_focus.cppipe")) as file:
        blocks = re.split(r"\n(?=[A-Z]\w+:\[)", file.read())
    kept = [block for block in blocks if not block.startswith(("MeasureImageFocus", "SaveImages"))]
    path = os.path.join(FOLDER, "begun.cppipe")
    with open(path, "w") as file:
        file.write("\n".join(kept).replace("ModuleCount:7", "ModuleCount:5"))
    return path


def find_end_of_analysis():
    """The dialog that says the analysis is complete, or None."""
    return next((w for w in wx.GetTopLevelWindows() if w.GetTitle() == "Analysis complete"), None)


class User(Driver):
    """Adds the module, sets it up, and uses it."""

    def use(self):
        files = sorted(glob.glob(os.path.join(FOLDER, "images", "*.tif")))
        self.do(self.controller.add_paths_to_pathlist, files, wait=4)
        self.add_module()
        self.choose_settings()
        self.read_help()
        scores = self.test_mode()
        rows = self.analyze()
        examples = self.open_examples()
        return (
            "check-gui: added, set up and read the help of MeasureImageFocus, stepped through test mode "
            f"({scores[0]} and {scores[1]} patches, after a setting was changed), analyzed {rows} image sets with 2 "
            f"workers, opened {examples} example pipelines; {self.picture_count} pictures in gui_pictures"
        )

    def module(self):
        return next(module for module in self.pipeline.modules() if module.module_name == "MeasureImageFocus")

    def add_module(self):
        self.do(self.frame.pipeline_list_view.select_one_module, 4)
        self.do(self.controller.open_add_modules, wait=1.5)
        dialog = next(w for w in wx.GetTopLevelWindows() if w.GetTitle() == "Add modules")
        self.do(dialog.search_text.SetValue, "imagefocus")
        self.do(dialog._AddModuleFrame__on_search_modules, None)
        names = dialog._AddModuleFrame__module_list_box.GetItems()
        assert names == ["MeasureImageFocus"], names
        self.take_picture("add_modules")
        self.do(dialog._AddModuleFrame__module_categories_list_box.SetStringSelection, "Measurement")
        self.do(dialog._AddModuleFrame__on_category_selected, None)
        self.do(dialog._AddModuleFrame__module_list_box.SetStringSelection, "MeasureImageFocus")
        self.do(dialog._AddModuleFrame__on_add_to_pipeline, None, wait=1.5)
        self.do(dialog.Hide)
        assert self.module().module_num == 5
        self.do(self.frame.pipeline_list_view.select_one_module, 5, wait=1.5)
        self.take_picture("module_as_added")

    def choose_settings(self):
        module = self.module()
        self.do(self.tick, module.image_names, "DNA", wait=11)  # CellProfiler draws the settings anew after 10 s
        assert module.image_names.value == ["DNA"], module.image_names.value
        for setting in (module.wants_patches, module.wants_overlay, module.wants_map, module.wants_sampling):
            self.do(self.change, setting, "Yes", wait=1.5)
            assert setting.value_text == "Yes", setting.text
        self.take_picture("settings")
        self.do(self.change, module.numerical_aperture, "1.2", wait=2)
        self.take_picture("wrong_setting_marked")
        self.do(self.change, module.numerical_aperture, "0.5", wait=2)

    def read_help(self):
        self.do(self.frame.do_help_modules, [self.module()], wait=2)
        window = next(w for w in wx.GetTopLevelWindows() if "Help for module" in w.GetTitle())
        self.do(window.SetSize, 0, 0, 900, 980, wait=1)
        self.take_picture("help")
        html = next(w for w in window.GetChildren() if isinstance(w, wx.html.HtmlWindow))
        for _ in range(2):
            self.do(html.ScrollPages, 1, wait=1)
            self.take_picture("help")
        self.do(window.Close)

    def test_mode(self):
        counts = []
        self.do(self.controller.on_debug_start, None, wait=3)
        for _ in range(4):
            self.do(self.controller.on_debug_step, None, wait=1)
        for spacing in ("84 pixels: side by side", "42 pixels: overlapping by half"):
            module = self.module()
            self.do(self.change, module.spacing, spacing, wait=2)
            self.do(self.frame.pipeline_list_view.select_one_module, 5)
            self.do(self.controller.on_step_from_this_module, None, wait=4)
            measurements = self.controller._PipelineController__debug_measurements
            counts.append(self.do(measurements.get_current_image_measurement, "ImageFocus_PatchCount_DNA"))
            figure = next(w for w in wx.GetTopLevelWindows() if "MeasureImageFocus" in w.GetTitle() and w.IsShown())
            self.do(figure.SetSize, 0, 0, 1300, 900, wait=2)
            self.do(figure.Raise, wait=1)
            self.take_picture("figure")
        assert counts == [16, 49], counts
        self.do(self.controller.on_debug_stop, None, wait=1)
        self.close_figures()
        return counts

    def close_figures(self):
        for window in [w for w in wx.GetTopLevelWindows() if "MeasureImageFocus" in w.GetTitle()]:
            self.do(window.Close)

    def analyze(self):
        wx.CallAfter(self.controller.do_analyze_images)
        self.wait_until(find_end_of_analysis, 300, "the analysis was complete")
        self.take_picture("analysis_complete")
        with open(os.path.join(RESULTS, "FocusImage.csv"), newline="") as table:
            rows = [row for row in csv.DictReader(table) if row["ImageFocus_Score_DNA"]]
        assert len(rows) == 24, len(rows)
        self.do(find_end_of_analysis().EndModal, wx.ID_OK)
        return len(rows)

    def open_examples(self):
        """Open each example; a warning would be a dialog that `do` waits for in vain."""
        self.close_figures()
        paths = sorted(glob.glob(os.path.join(ROOT, "example_pipelines", "*.cppipe")))
        for path in paths:
            self.do(self.controller.do_load_pipeline, path, wait=2)
            with open(path) as file:
                wanted = file.read().count("module_num:")
            assert len(self.pipeline.modules(False)) == wanted, path
            dialogs = [w.GetTitle() for w in wx.GetTopLevelWindows() if isinstance(w, wx.Dialog) and w.IsShown()]
            assert not dialogs, (path, dialogs)
            self.do(self.pipeline.test_valid)
            number = self.module().module_num
            self.do(self.frame.pipeline_list_view.select_one_module, number, wait=2)
            self.take_picture(os.path.basename(path)[: -len(".cppipe")])
        return len(paths)


def main():
    app = App(0, pipeline_path=pipeline_without_the_module())
    app.frame.SetSize(0, 0, 1480, 980)
    user = User(app, PICTURES)
    wx.CallLater(4000, user.start)
    app.MainLoop()


if __name__ == "__main__":
    main()
