"""The report: a table of ratings -> one HTML file that opens without a server or a connection.

In the order of the work:

- `tables` reads the columns of the table, `numbers` makes numbers of them.
- `gather` and `grouping` make image sets of the rows, with help of `places`, `planes` and `foreign_weights`. `fields`
  says what an image set is.
- `thumbnails` draws pictures, and `page_data` collects what the scripts in the folder `page` work on.
- `render` puts the page together, and `write` writes the file.
"""

from .write import write_report

__all__ = ["write_report"]
