"""axe-core on a page, in a headless Chromium: what it finds against WCAG 2.1 A and AA, in light and dark, on a laptop and on a phone.

`axe/axe.min.js` is axe-core 4.14.1 as its makers publish it, under the Mozilla Public License 2.0 (axe/LICENSE); only tests use it.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright import sync_api

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(
    not BROWSER, reason="no Chromium and no Chrome; `sudo apt-get install chromium` on Debian"
)
QUIET = ("gpu", "quic", "background-networking", "component-update", "sync")
FLAGS = ["--no-sandbox", "--no-first-run", *(f"--disable-{what}" for what in QUIET)]
AXE = Path(__file__).with_name("axe") / "axe.min.js"
RUN = """(contrast) => axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"],
    rules: {"color-contrast": {enabled: contrast}}
})"""
# a width changes no colour, a theme changes nothing else
LOOKS = [("light", 1280, True), ("dark", 1280, True), ("light", 390, False)]


@contextmanager
def chromium() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        browser.close()


def violations(pages: Iterable[Path | str]) -> list[str]:
    """A line for each fault: page, theme, width, rule, element. pages: files or addresses."""
    pages, found = list(pages), []
    with chromium() as browser:
        for scheme, width, contrast in LOOKS:
            # the pages forbid scripts; axe has to be one
            context = browser.new_context(
                bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 900}
            )
            page = context.new_page()
            for place in pages:
                page.goto(place if isinstance(place, str) else place.as_uri())
                where = f"{Path(page.url).name}, {scheme}, {width} px"
                found += [f"{where}: {fault}" for fault in faults(page, contrast)]
            context.close()
    return found


def faults(page: sync_api.Page, contrast: bool = True) -> list[str]:
    """A line for each fault of a page as it stands: rule, element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    rules = page.evaluate(RUN, contrast)["violations"]
    return [f"{rule['impact']} {rule['id']}: {node['html'][:160]}" for rule in rules for node in rule["nodes"]]
