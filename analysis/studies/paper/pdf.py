"""A paper as PDF, printed by a Chromium without a window; each sheet has to be a page."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor

from ....errors import MissingToolError, SpikewattError
from ....installed import install_line, is_installed

WHERE = "study paper"
PAGES = 2
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REMEDY = f"{install_line('paper')} && playwright install chromium; or --no-pdf"
# Sheets whose content is higher or wider than they are, by their names.
TOO_FULL = """() => [...document.querySelectorAll('.sheet')]
    .filter(sheet => sheet.scrollHeight > sheet.clientHeight + 1
        || sheet.scrollWidth > sheet.clientWidth + 1)
    .map(sheet => sheet.id)"""
# The shared memory of containers is small, and their root has no sandbox.
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage"]


def check_browser() -> None:
    """Raise MissingToolError where Playwright is not installed."""
    if not is_installed("playwright"):
        raise MissingToolError(WHERE, "a PDF needs Playwright", "no playwright", hint=REMEDY)


def as_pdf(html: str) -> bytes:
    """Print a paper on A4.

    Parameters
    ----------
    html : of the paper, which loads nothing

    Raises
    ------
    MissingToolError : no Playwright, or no Chromium that it can start.
    SpikewattError : a sheet that is fuller than its page, or not two pages.
    """
    check_browser()
    # In a thread of its own: a notebook runs a loop of events, in which Playwright does not.
    with ThreadPoolExecutor(1) as other:
        data, full = other.submit(_printed, html).result()

    if full or pages_of(data) != PAGES:
        law = "a white paper has two full pages, and no sheet is fuller than its page"
        got = f"{pages_of(data)} pages; too full: {', '.join(full) or 'none'}"
        raise SpikewattError(WHERE, law, got, PAGES)

    return data


def _printed(html: str) -> tuple[bytes, list[str]]:
    """The PDF, and the sheets that are fuller than their page."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as started:
        try:
            browser = started.chromium.launch(executable_path=_installed(), args=OPTIONS)
        except Error as error:
            got = str(error).strip().splitlines()[0]
            raise MissingToolError(WHERE, "a PDF needs Chromium", got, hint=REMEDY) from error

        page = browser.new_context(offline=True).new_page()
        page.emulate_media(media="print")
        page.set_content(html, wait_until="load")
        full = page.evaluate(TOO_FULL)
        data = page.pdf(prefer_css_page_size=True, print_background=True)
        browser.close()

    return data, full


def pages_of(data: bytes) -> int:
    """How many pages a PDF of Chromium has, whose page objects are not compressed.

    >>> pages_of(b"/Type /Pages ... /Type /Page ... /Type /Page>>")
    2
    """
    return len(re.findall(rb"/Type\s*/Page\b", data))


def _installed() -> str | None:
    """A Chromium on PATH; None for the one that Playwright installed."""
    found = (shutil.which(name) for name in BROWSERS)
    return next((path for path in found if path), None)
