"""Last step of run.sh: does the Snakemake example give what one run gives, whatever happens to it?

python tests/checks/cluster/check.py SNAKEMAKE FOLDER
"""

import json
import os
import re
import signal
import subprocess
import sys
import time

from helpers.files import EXAMPLES, ROOT, read_table
from helpers.headless import PLUGINS, run_cellprofiler
from model_export.demo_plate import make_five_channel_plate

EXAMPLE = os.path.join(EXAMPLES, "snakemake")
BIN = os.path.join(ROOT, ".venv", "bin")
SHARD_SIZE = 2
TABLES = ("Image", "FocusPatches")
# Columns that differ between two runs: seconds, and places in the group of all image sets that a run was given.
SKIPPED = ("ExecutionTime_", "Group_")
PATIENCE = 300  # seconds for what takes 20 at most here; only so that nothing waits for ever


def main(snakemake, folder):
    plate = os.path.join(folder, "plate")
    make_five_channel_plate(plate)
    image_sets = read_table(os.path.join(plate, "load_data.csv"))
    print(f"One CellProfiler measures the {len(image_sets)} image sets ...", flush=True)
    reference = measure_whole(plate, os.path.join(folder, "whole"))
    damaged = damage(image_sets)
    workflow = Workflow(snakemake, folder, plate)

    print("Snakemake is interrupted, as by Ctrl-C ...", flush=True)
    workflow.start()
    workflow.wait_for_a_shard()
    check(workflow.stop(signal.SIGINT) != 0, "the interrupted Snakemake ended as if all were well")
    finished = workflow.finished()

    print("The same command; all processes of Snakemake are killed ...", flush=True)
    workflow.start()
    workflow.wait_for_a_shard()
    workflow.stop(signal.SIGKILL)
    finished.update(workflow.finished())
    shards = len(image_sets) // SHARD_SIZE
    check(len(finished) < shards, "everything was done before it could be killed")

    print("Unlocked, the same command; one CellProfiler is killed ...", flush=True)
    workflow.start("--unlock")
    workflow.wait()
    workflow.start()
    killed = workflow.kill_a_cellprofiler()
    printed = workflow.wait()
    repeated = [path for path, when in finished.items() if os.path.getmtime(path) != when]
    check(not repeated, f"measured again though they were finished: {', '.join(repeated)}")
    check(f"Shard {killed}: CellProfiler was ended by signal 9" in printed, "Snakemake does not tell of the kill")
    check_named(damaged, workflow.results, printed)
    count = check_tables(reference, workflow.results, damaged)
    check(os.path.getsize(os.path.join(workflow.results, "report.html")) > 10000, "the report is missing")
    print(
        f"check-cluster: Snakemake {workflow.version()} measured {len(image_sets) - len(damaged)} of {len(image_sets)} "
        f"image sets and their {count} patches, in {shards} shards, as one CellProfiler does, bit for bit and each "
        "once, after an interruption, a kill of everything and a killed CellProfiler; both damaged images are named"
    )


def check(holds, message):
    if not holds:
        sys.exit("check-cluster: " + message)


def measure_whole(plate, results):
    """Tables of an undisturbed run of CellProfiler over the whole plate."""
    status, printed = run_cellprofiler(os.path.join(EXAMPLE, "focus.cppipe"), results, images=plate)
    check(status == 0, "CellProfiler failed:\n" + printed)
    return {table: read_table(os.path.join(results, table + ".csv")) for table in TABLES}


def damage(image_sets):
    """Damage two images, one so that only CellProfiler can tell; returns path by number of the image set."""
    damaged = {}
    for number, channel in ((5, "RNA"), (10, "DNA")):
        row = image_sets[number - 1]
        path = os.path.join(row["Image_PathName_" + channel], row["Image_FileName_" + channel])
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            if channel == "RNA":
                file.write(b"\0" * size)
            else:
                file.truncate(size // 2)
        damaged[number] = path
    return damaged


class Workflow:
    """Snakemake on the plate, started again and again by the same command."""

    def __init__(self, snakemake, folder, plate):
        self.snakemake, self.folder, self.results = snakemake, folder, os.path.join(folder, "results")
        self.log = os.path.join(folder, "snakemake.log")
        config = {
            "load_data": os.path.join(plate, "load_data.csv"),
            "pipeline": os.path.join(EXAMPLE, "focus.cppipe"),
            "plugins": PLUGINS,
            "results": self.results,
            "shard_size": SHARD_SIZE,
            "cellprofiler": os.path.join(BIN, "cellprofiler"),
            "imagefocus": os.path.join(BIN, "imagefocus"),
        }
        path = os.path.join(folder, "config.json")
        with open(path, "w") as file:
            json.dump(config, file)
        self.command = [
            snakemake,
            "--snakefile",
            os.path.join(EXAMPLE, "Snakefile"),
            "--configfile",
            path,
            "--cores",
            "2",
        ]

    def version(self):
        return subprocess.run([self.snakemake, "--version"], stdout=subprocess.PIPE).stdout.decode().strip()

    def start(self, *arguments):
        def listen():  # a shell's background job is started deaf to Ctrl-C
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        with open(self.log, "a") as log:
            self.log_start = log.tell()
            self.process = subprocess.Popen(
                self.command + list(arguments),
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=listen,
            )

    def wait(self):
        """Let it run to its end; returns what was printed."""
        status = self.process.wait(PATIENCE)
        check(status == 0, f"Snakemake ended with status {status}:\n{self.printed()}")
        return self.printed()

    def stop(self, number):
        """Send a signal to Snakemake and its jobs; returns its status."""
        os.killpg(self.process.pid, number)
        return self.process.wait(PATIENCE)

    def wait_for(self, what, describe):
        end = time.monotonic() + PATIENCE
        while not what():
            check(
                self.process.poll() is None and time.monotonic() < end,
                f"{describe}; see:\n{self.printed()}",
            )
            time.sleep(0.02)

    def printed(self):
        """What Snakemake has printed since it was started last."""
        with open(self.log, errors="replace") as log:
            log.seek(self.log_start)
            return log.read()

    def finished(self):
        """Time of the record of each shard that Snakemake says is finished: it may be killed before it knows."""
        printed = self.printed()
        shards = dict(re.findall(r"jobid: (\d+)\n(?: .*\n)*?    wildcards: shard=(\S+)", printed))
        ended = re.findall(r"Finished jobid: (\d+) \(Rule: measure\)", printed)
        paths = [os.path.join(self.results, "shards", shards[job], "record.json") for job in ended]
        return {path: os.path.getmtime(path) for path in paths}

    def wait_for_a_shard(self):
        self.wait_for(self.finished, "no shard was finished")

    def kill_a_cellprofiler(self):
        """Kill the CellProfiler of a shard while it measures; returns the name of the shard."""
        killed = []

        def try_to_kill():
            logs = os.path.join(self.results, "logs")
            for name in os.listdir(logs) if os.path.isdir(logs) else ():
                with open(os.path.join(logs, name), errors="replace") as log:
                    last_run = log.read().rpartition("$ ")[2]
                if "Image # 1, module LoadData" in last_run:
                    for process in self.cellprofilers(f"/{name[: -len('.log')]}_"):
                        os.kill(process, signal.SIGKILL)
                        killed.append(name[: -len(".log")])
                        return True

        self.wait_for(try_to_kill, "no CellProfiler could be killed")
        return killed[0]

    def cellprofilers(self, text):
        """Processes of this Snakemake's session that are a CellProfiler with a text in its command."""
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/cmdline") as file:
                    command = file.read()
                if "cellprofiler" in command and text in command and os.getsid(int(name)) == self.process.pid:
                    yield int(name)
            except OSError:  # it has ended
                pass


def check_named(damaged, results, printed):
    failed = {int(row["ImageNumber"]): row["Error"] for row in read_table(os.path.join(results, "failed.csv"))}
    check(failed.keys() == damaged.keys(), f"failed.csv names the image sets {sorted(failed)}")
    for number, path in damaged.items():
        check(path in failed[number] and path in printed, f"{path} is not named: {failed[number]}")


def check_tables(reference, results, damaged):
    """Compare each table with the reference, all but the damaged image sets; returns how many patches there are."""
    for table in TABLES:
        rows = read_table(os.path.join(results, table + ".csv"))
        if table == "Image":
            named = [int(row["ImageNumber"]) for row in rows if row.pop("Error")]
            check(named == sorted(damaged), f"the merged table names the image sets {named}")
        rows = [row for row in rows if int(row["ImageNumber"]) not in damaged]
        expected = [row for row in reference[table] if int(row["ImageNumber"]) not in damaged]
        check(len(rows) == len(expected), f"{table}.csv has {len(rows)} rows of {len(expected)}")
        for row, wanted in zip(rows, expected):
            names = [name for name in row.keys() | wanted.keys() if not name.startswith(SKIPPED)]
            differing = [
                f"{name}: {row.get(name)}, not {wanted.get(name)}"
                for name in names
                if row.get(name) != wanted.get(name)
            ]
            check(not differing, f"{table}.csv, image set {wanted['ImageNumber']}: {'; '.join(sorted(differing)[:3])}")
    return len(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
