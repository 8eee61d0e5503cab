"""What the tests of the page share: reading it as text, and watching it in a browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Outline(HTMLParser):
    """What a page holds: its elements, its scripts and styles, and its other text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.elements, self.raw, self.words, self.inside = [], [], [], None

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside = tag if tag in ("script", "style") else None

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside:
            self.raw.append((self.inside, self.elements[-1][1], data))
        else:
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))


def outline(text):
    parser = Outline()
    parser.feed(text)
    return parser


def assert_quiet(opened):
    assert opened.errors == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert sum(url.startswith("file:") for url in opened.requests) == 1
    assert opened.page.locator("[data-failed]").count() == 0
