"""Work CellProfiler's window through its controls, from a thread beside the window's own."""

import os
import subprocess
import threading
import time
import traceback

import wx


def find_control(setting):
    """The control in the window that edits a setting."""
    from cellprofiler.gui.utilities.module_view import edit_control_name  # needs the window to be there

    return wx.FindWindowByName(edit_control_name(setting))


class Driver(threading.Thread):
    """Plays a user: calls `use`, which a subclass defines, and ends the process when that returns.

    `use` returns the last line to print. Pictures of the screen go to a folder, numbered.
    """

    def __init__(self, app, folder):
        super().__init__(daemon=True)
        self.frame = app.frame
        self.controller, self.pipeline = app.frame.pipeline_controller, app.frame.pipeline
        self.folder, self.picture_count = folder, 0

    def do(self, function, *arguments, wait=0.7):
        """Have the window's thread call a function, and give it time to draw."""
        done, box = threading.Event(), {}

        def call():
            try:
                box["value"] = function(*arguments)
            except Exception as error:
                box["error"] = error
            done.set()

        wx.CallAfter(call)
        if not done.wait(120):
            raise RuntimeError(f"the window did not answer to {function}")
        time.sleep(wait)
        if "error" in box:
            raise box["error"]
        return box["value"]

    def take_picture(self, name):
        self.picture_count += 1
        path = os.path.join(self.folder, f"{self.picture_count:02}_{name}.png")
        subprocess.run(["import", "-window", "root", path], check=True)

    def wait_until(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while not self.do(condition, wait=0.3):
            if time.monotonic() > end:
                raise RuntimeError("waited in vain until " + what)

    def run(self):
        try:
            print(self.use(), flush=True)
            status = 0
        except Exception:
            print(traceback.format_exc(), flush=True)
            self.take_picture("error")
            status = 1
        wx.CallAfter(os._exit, status)

    def change(self, setting, value):
        """Change a setting through its control, as a click or a key does."""
        control = find_control(setting)
        if isinstance(control, wx.TextCtrl):
            control.SetValue(value)
            return
        kinds = {wx.RadioBox: wx.EVT_RADIOBOX, wx.ComboBox: wx.EVT_COMBOBOX}
        event = wx.CommandEvent(kinds[type(control)].typeId, control.GetId())
        control.SetStringSelection(value)
        event.SetEventObject(control)
        event.SetString(value)
        control.GetEventHandler().ProcessEvent(event)

    def tick(self, setting, name):
        """Tick a name in a list of images."""
        control = find_control(setting)
        index = control.choice_names.index(name)
        control.list_dlg.Check(index)
        event = wx.CommandEvent(wx.EVT_CHECKLISTBOX.typeId, control.list_dlg.GetId())
        event.SetEventObject(control.list_dlg)
        event.SetInt(index)
        control.list_dlg.GetEventHandler().ProcessEvent(event)
