"""What stands in the page of a report."""

import base64
import html.parser
import json
import zlib


class Elements(html.parser.HTMLParser):
    """Start tags with their attributes, the text of scripts, and the text that is shown."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.scripts, self.shown = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, text):
        if self.cdata_elem == "script":
            self.scripts[-1] += text
        elif self.cdata_elem is None:
            self.shown += text


def data_of(page):
    return json.loads(zlib.decompress(base64.b64decode(Elements(page).scripts[0])))
