"""What must hold for the built pages: links lead somewhere, nothing is fetched from elsewhere, pictures have words, no answer is told."""

import re
from collections import Counter
from html.parser import HTMLParser
from keyword import iskeyword
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nbformat import NotebookNode

from course_tools.build.release import secrets

FETCHED = {
    ("img", "src"),
    ("script", "src"),
    ("link", "href"),
    ("iframe", "src"),
    ("source", "src"),
    ("object", "data"),
}
IN_STYLE = re.compile(r"""url\(\s*["']?\s*((?:https?:)?//[^)"']+)|@import\s+["']((?:https?:)?//[^"']+)""")


class Page(HTMLParser):
    """What a page links to, fetches and says. bare: pictures without words for those who cannot see them."""

    def __init__(self, path: Path):
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.bare: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids.update(values[name] for name in ("id", "name") if name in values)
        self.fetched += [values[name] for kind, name in FETCHED if kind == tag and name in values]
        self.fetched += [address for found in IN_STYLE.findall(values.get("style", "")) for address in found if address]
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "img" and not values.get("alt", "").strip():
            self.bare.append(values.get("src", ""))

    def handle_data(self, data: str) -> None:
        self.text += data


def problems(folder: Path, solutions: dict[str, NotebookNode]) -> list[str]:
    """Everything wrong with the site in `folder`, one line each; `solutions`: by task, what notebooks/<task>.html must not tell."""
    pages = {path: Page(path) for path in sorted(folder.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        name = path.relative_to(folder)
        broken = [link for link in page.links if not leads_somewhere(link, path, pages)]
        found += [f"{name}: link to {link!r}, which is not there" for link in broken]
        found += [f"{name}: fetches {address}" for address in page.fetched if urlsplit(address).netloc]
        found += [
            f"{name}: {address} is not there" for address in page.fetched if not leads_somewhere(address, path, pages)
        ]
        found += [f"{name}: no alternative text on {picture}" for picture in page.bare]
    for path in sorted(folder.rglob("*.css")):
        addresses = IN_STYLE.findall(path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(folder)}: fetches {''.join(address)}" for address in addresses]
    for task, solution in solutions.items():
        lines = told(solution, pages[folder / "notebooks" / f"{task}.html"].text)
        found += [f"notebooks/{task}.html: tells {line!r}" for line in lines]
    return found


def leads_somewhere(link: str, origin: Path, pages: dict[Path, Page]) -> bool:
    """Whether what a page of the site links to or fetches has its file and its anchor; other sites are not asked."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (origin.parent / unquote(parts.path)).resolve() if parts.path else origin
    if not parts.fragment or target not in pages:
        return target.is_file()
    return unquote(parts.fragment) in pages[target].ids


def told(solution: NotebookNode, text: str) -> list[str]:
    """Lines of the answers and hidden checks of `solution` that `text` holds more often than what students see does."""
    secret, visible = secrets(solution)
    shown = Counter(map(str.strip, text.splitlines()))
    return sorted(line for line in secret if names(line) and shown[line] > visible[line])


def names(line: str) -> list[str]:
    """The words of a line that are no keywords: without one, as in `else:`, it tells nothing."""
    return [word for word in re.findall(r"\w{2,}", line) if not iskeyword(word)]
