"""The built site: no warning, no dead link, no other host, nothing wider than a phone."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
import threading
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import spikewatt
from spikewatt.analysis.studies.paper import pdf
from spikewatt.energy.cards.load import card_names

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("mkdocs") is None, reason="MkDocs is not installed: extra docs"),
]
ROOT = Path(spikewatt.__file__).parent
CHROMIUM = pdf._installed()
PHONE = {"width": 390, "height": 844}
# Tag -> its attribute that names what a browser loads; of <link> those of `LOADED` alone.
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
LOADED = set(
    ["stylesheet", "preload", "modulepreload", "icon", "manifest", "preconnect", "dns-prefetch"]
)


class Page(HTMLParser):
    """What a page loads, where it links to, and which anchors it has."""

    def __init__(self, text: str):
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        address = given.get(LOADS.get(tag, ""))
        if address and (tag != "link" or LOADED & set((given.get("rel") or "").split())):
            self.loads.append(address)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "OPENBLAS_NUM_THREADS": "1"}
    built = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    """Every page that MkDocs wrote, read."""
    found = {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("index.html")}
    assert len(found) > 60
    return found


def test_every_card_study_and_part_has_a_page(site):
    written = ROOT / "docs"
    for name in card_names():
        assert (site / "reference" / "cards" / name / "index.html").is_file()
    for path in written.rglob("*.md"):
        page = path.relative_to(written).with_suffix("")
        folder = page.parent if page.name == "index" else page
        assert (site / folder / "index.html").is_file(), page


def test_every_link_to_a_page_or_an_anchor_of_ours_leads_somewhere(site, pages):
    checked = 0
    for path, page in pages.items():
        for link in page.links:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            target = path if not address.path else (path.parent / unquote(address.path)).resolve()
            target = target / "index.html" if target.is_dir() else target
            where = f"{path.relative_to(site)}: {link}"
            assert target.is_file(), where
            if target in pages:
                assert unquote(address.fragment) in pages[target].anchors, where
            checked += 1
    assert checked > 1000


def test_no_page_loads_anything_from_another_host(site, pages):
    loaded = {address for page in pages.values() for address in page.loads}
    assert any(address.endswith(".js") for address in loaded)
    assert any(address.endswith(".css") for address in loaded)
    assert not [address for address in loaded if urlsplit(address).netloc]
    sheets = list(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        assert not re.search(r"""(@import|url\()\s*["']?(https?:)?//""", sheet.read_text("utf-8"))


def test_the_search_knows_every_card_and_verb(site):
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    titles = {each["title"] for each in index["docs"]}
    assert titles >= {*card_names(), "spikewatt price", "Validation"}


def test_the_validation_has_rows_of_each_part(site):
    text = (site / "validation" / "index.html").read_text(encoding="utf-8")
    assert text.count("<tr>") > 500
    for words in ("Loihi", "left out by board", "law: constants of the same chip"):
        assert words in text


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_no_page_is_wider_than_a_phone_and_none_asks_another_host(site, pages):
    sync = pytest.importorskip("playwright.sync_api")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"http://127.0.0.1:{server.server_port}/"
    asked: set[str] = set()
    wide = []
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport=PHONE)
        tab.on("request", lambda request: asked.add(request.url))
        for path in pages:
            tab.goto(f"{host}{path.relative_to(site).parent}/")
            width = tab.evaluate("document.documentElement.scrollWidth")
            if width > PHONE["width"]:
                wide.append(f"{path.relative_to(site)}: {width}")
        browser.close()
    server.shutdown()
    assert not wide
    assert len(asked) > len(pages)
    assert not [url for url in asked if not url.startswith((host, "data:", "blob:"))]
