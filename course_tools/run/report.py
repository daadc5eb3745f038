"""The one HTML report of a run: index.html, beside the executed notebooks it links to."""

import html
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from course_tools.html.pages import page
from course_tools.run.metrics import Result
from course_tools.run.notebooks import points_text
from course_utils.progress import duration

SLOWEST = 8


def write_index(results: Sequence[Result], path: Path) -> None:
    """Write the report of `results` as `path`."""
    failed = sum(bool(result.failures()) for result in results)
    state = (
        f'<span class="bad">{failed} of {len(results)} failed</span>'
        if failed
        else '<span class="ok">all passed</span>'
    )
    profile = results[0].profile if results else ""
    body = [f"<h1>Notebook run, profile {escape(profile)}: {state}</h1>", overview(results), *map(section, results)]
    path.write_text(page(f"Notebook run, {profile}", "\n".join(body)), encoding="utf-8")


def overview(results: Sequence[Result]) -> str:
    rows = [
        (
            link(f"{result.name}.html", result.name),
            escape(duration(result.seconds)),
            escape(points_text(result)),
            escape(result.headline()),
            verdict(not result.failures()),
        )
        for result in results
    ]
    return grid(("notebook", "time", "points", "headline metric", "verdict"), rows)


def section(result: Result) -> str:
    """Everything about one notebook."""
    made = f"{result.date.replace('T', ' ')}, commit {result.commit or 'unknown'}; {named(result.parameters, '=')}"
    machine = "; ".join(filter(None, [result.device.get("name"), named(result.versions, " ")])) or "no session started"
    parts = [
        f"<h2>{escape(result.name)}</h2>",
        f'<p class="quiet">{escape(made)}<br>{escape(machine)}</p>',
        *(f'<p class="bad">{escape(reason)}</p>' for reason in result.failures()),
        "<p>" + " · ".join(link(result.name + ending) for ending in (".html", ".ipynb", ".json")) + "</p>",
    ]
    if result.claims:
        unjudged = " (smoke is too small to judge them)" if result.profile == "smoke" else ""
        rows = [
            (escape(c["name"]), escape(c["detail"]), verdict(c["holds"], "holds", "does not hold"))
            for c in result.claims
        ]
        parts += [f"<h3>Claims{unjudged}</h3>", grid(("claim", "numbers", ""), rows)]
    if result.metrics:
        parts += [
            "<h3>Metrics</h3>",
            grid(("metric", "value", "band", ""), [metric_row(result, name) for name in result.metrics]),
        ]
    slowest = sorted((c for c in result.cells if c["seconds"] >= 0.05), key=lambda c: -c["seconds"])[:SLOWEST]
    rows = [(escape(c["section"]), f"<code>{escape(c['line'])}</code>", f"{c['seconds']:.1f} s") for c in slowest]
    return "\n".join([*parts, "<h3>Slowest cells</h3>", grid(("section", "cell", "time"), rows)])


def metric_row(result: Result, name: str) -> tuple[str, str, str, str]:
    metric = result.metrics[name]
    value, unit = metric["value"], escape(metric["unit"])
    if isinstance(value, list):
        ends = f"{value[0]:.4g} … {value[-1]:.4g} {unit} ({len(value)} values)" if value else "no values"
        return escape(name), ends, "", sparkline(value)
    shown = f"{value:.4g} {unit}"
    if name not in result.bands:
        return escape(name), shown, '<span class="quiet">no band recorded</span>', ""
    low, high = result.bands[name]
    return escape(name), shown, f"{low:.4g} to {high:.4g}", gauge(value, low, high)


def gauge(value: float, low: float, high: float) -> str:
    """The band as a bar in the middle half of the drawing, the value as a mark, green inside and red outside."""
    place = 50 if high == low else 25 + 50 * (value - low) / (high - low)
    colour = "#1e7b4f" if low <= value <= high else "#b03a2e"
    return (
        '<svg width="120" height="14" viewBox="0 0 100 14" preserveAspectRatio="none" role="img">'
        '<rect x="0" y="6" width="100" height="2" fill="#e3e6ec"/>'
        '<rect x="25" y="4" width="50" height="6" fill="#b9d9c8"/>'
        f'<rect x="{min(max(place, 1), 99) - 1:.1f}" y="0" width="2" height="14" fill="{colour}"/></svg>'
    )


def sparkline(values: Sequence[float]) -> str:
    low, high = min(values, default=0), max(values, default=0)
    if len(values) < 2 or low == high:
        return ""
    step = 100 / (len(values) - 1)
    heights = [22 - 20 * (value - low) / (high - low) for value in values]
    line = " ".join(f"{index * step:.1f},{height:.1f}" for index, height in enumerate(heights))
    curve = f'<polyline points="{line}" fill="none" stroke="#0b5cad" stroke-width="1.5"/>'
    return f'<svg width="100" height="24" role="img">{curve}</svg>'


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are HTML already."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    lines = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>\n{lines}</table>"


def verdict(good: bool, yes: str = "ok", no: str = "FAILED") -> str:
    return f'<span class="ok">{yes}</span>' if good else f'<span class="bad">{no}</span>'


def link(target: str, text: str = "") -> str:
    return f'<a href="{escape(quote(target))}">{escape(text or target)}</a>'


def named(values: dict[str, Any], sign: str) -> str:
    return ", ".join(f"{name}{sign}{value}" for name, value in values.items())


def escape(text: object) -> str:
    return html.escape(str(text))
