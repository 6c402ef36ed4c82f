"""The folder of a small run, made of things that other tests use too, and a browser."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from spikewatt.analysis.job import steps
from spikewatt.analysis.job.config import RunConfig
from spikewatt.analysis.report.rows import write_folder

CHROMIUM = "/usr/bin/chromium"
# Names that would end a script, a table or an attribute, if they were not escaped.
NASTY = "</script><img src=x onerror=alert(1)>\"'&{{ 7 * 7 }}"


@pytest.fixture(scope="session")
def config() -> RunConfig:
    return RunConfig(devices=["odin_style", "nrf54l15", "stm32l4r5"], period_s=0.5)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory, config, mlp, mlp_network, digits, trace) -> Path:
    """What `run` leaves, but the pictures."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    folder.mkdir()
    x, labels = digits.scaled("test")[:40], digits.y_test[:40]
    history = pd.DataFrame({"epoch": [1], "accuracy": [0.9]})
    prepared = steps.Prepared(digits, mlp, history, x, x, labels, 0.95)
    prices = steps.price(config, trace)
    findings = steps.report(prepared, mlp_network, trace, prices)
    write_folder(findings.without("prices"), folder)

    trace.save(folder / "spikes.trace")
    settings = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)
    (folder / "config.yaml").write_text(f"{settings}# data: 0123abcd\n")
    (folder / "versions.json").write_text(json.dumps({"python": "3", "machine": NASTY}))
    return folder


@pytest.fixture
def another_run(run_folder, tmp_path, config) -> Path:
    """The same run with six bits and half of the energy, for comparisons."""
    folder = tmp_path / "another"
    shutil.copytree(run_folder, folder)
    settings = config.model_copy(update={"weight_bits": 6, "name": NASTY}).model_dump(mode="json")
    (folder / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    totals = pd.read_csv(folder / "energy_totals.csv")
    totals["energy_j"] /= 2
    totals.to_csv(folder / "energy_totals.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window, started once."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no {CHROMIUM}")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


class Opened:
    """A page in the browser, with no network, and all that it said and asked for."""

    def __init__(self, browser, path: Path, width: int = 1280):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, offline=True, reduced_motion="reduce"
        )
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.page.goto(path.as_uri())
        self.page.wait_for_function("document.querySelectorAll('.chart svg').length > 0")

    def close(self) -> None:
        self.context.close()


@pytest.fixture
def opened(browser):
    """Opens pages, and closes them."""
    pages = []

    def open_page(path: Path, width: int = 1280) -> Opened:
        pages.append(Opened(browser, path, width))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()
