"""The command line.

In the order of a run of `imagefocus rate`:

- `main` parses the arguments and turns what went wrong into a message and an exit status; `messages` prints.
- `rate` and `report` are the two commands.
- `results` owns the tables of an output folder: it hands out what is to be rated and takes what was.
- `processes` rates many files, `rate_file` one; `progress` shows how far it is.
"""
