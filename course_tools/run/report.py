"""The one HTML report of a run: index.html, beside the executed notebooks it links to."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from course_tools.html.elements import coloured, link, quiet, table
from course_tools.html.pages import page
from course_tools.run.result import Result
from course_utils.entries import Metric
from course_utils.measured import Band
from course_utils.progress import duration

SLOWEST = 8


def write_index(results: Sequence[Result], path: Path) -> None:
    """Write the report of `results` as `path`."""
    failed = sum(bool(result.failures()) for result in results)
    state = coloured(not failed, f"{failed} of {len(results)} failed" if failed else "all passed")
    profile = results[0].profile if results else ""
    heading = Markup("<h1>Notebook run, profile {}: {}</h1>").format(profile, state)
    parts = [heading, overview(results), *(part for result in results for part in section(result))]
    path.write_text(page(f"Notebook run, {profile}", Markup("\n").join(parts)), encoding="utf-8")


def overview(results: Sequence[Result]) -> Markup:
    rows = [
        (
            link(f"{result.name}.html", result.name),
            duration(result.seconds),
            result.points_text(),
            result.headline(),
            verdict(not result.failures(), "ok", "FAILED"),
        )
        for result in results
    ]
    return table(("notebook", "time", "points", "headline metric", "verdict"), rows)


def section(result: Result) -> Iterator[Markup]:
    """Everything about one notebook."""
    made = f"{result.date.replace('T', ' ')}, commit {result.commit or 'unknown'}; {named(result.parameters, '=')}"
    where = [result.device.name if result.device else "", named(result.versions, " ")]
    machine = "; ".join(filter(None, where)) or "no session started"
    yield Markup("<h2>{}</h2>").format(result.name)
    yield Markup('<p class="quiet">{}<br>{}</p>').format(made, machine)
    yield from (Markup('<p class="bad">{}</p>').format(reason) for reason in result.failures())
    files = (link(result.name + ending) for ending in (".html", ".ipynb", ".json"))
    yield Markup("<p>{}</p>").format(Markup(" · ").join(files))
    if result.claims:
        unjudged = " (smoke is too small to judge them)" if result.profile == "smoke" else ""
        yield Markup("<h3>Claims{}</h3>").format(unjudged)
        judged = [(claim.name, claim.detail, verdict(claim.holds, "holds", "does not hold")) for claim in result.claims]
        yield table(("claim", "numbers", "verdict"), judged)
    if result.metrics:
        yield Markup("<h3>Metrics</h3>")
        measured = [metric_row(metric, result.bands.get(name)) for name, metric in result.metrics.items()]
        yield table(("metric", "value", "band", "place"), measured)
    slowest = sorted((cell for cell in result.cells if cell.seconds >= 0.05), key=lambda cell: -cell.seconds)[:SLOWEST]
    yield Markup("<h3>Slowest cells</h3>")
    code = Markup("<code>{}</code>")
    rows = [(cell.section, code.format(cell.line), f"{cell.seconds:.1f} s") for cell in slowest]
    yield table(("section", "cell", "time"), rows)


def metric_row(metric: Metric, band: Band | None) -> tuple[object, ...]:
    value, unit = metric.value, metric.unit
    if isinstance(value, list):
        ends = f"{value[0]:.4g} … {value[-1]:.4g} {unit} ({len(value)} values)" if value else "no values"
        return metric.name, ends, "", sparkline(value)
    shown = f"{value:.4g} {unit}"
    if band is None:
        return metric.name, shown, quiet("no band recorded"), ""
    return metric.name, shown, band, gauge(value, band)


def gauge(value: float, band: Band) -> Markup:
    """The band as a bar in the middle half of the drawing, the value as a mark, green inside and red outside."""
    words = f"{value:.4g} is {'inside' if value in band else 'outside'} the band from {band}"
    place = 50 if band.high == band.low else 25 + 50 * (value - band.low) / (band.high - band.low)
    return Markup(
        '<svg width="120" height="14" viewBox="0 0 100 14" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect x="0" y="6" width="100" height="2" class="track"/>'
        '<rect x="25" y="4" width="50" height="6" class="band"/>'
        '<rect x="{:.1f}" y="0" width="2" height="14" class="{}"/></svg>'
    ).format(words, min(max(place, 1), 99) - 1, "good" if value in band else "poor")


def sparkline(values: Sequence[float]) -> Markup:
    low, high = min(values, default=0), max(values, default=0)
    if len(values) < 2 or low == high:
        return Markup("")
    step = 100 / (len(values) - 1)
    heights = [22 - 20 * (value - low) / (high - low) for value in values]
    line = " ".join(f"{index * step:.1f},{height:.1f}" for index, height in enumerate(heights))
    curve = Markup('<polyline points="{}" class="line"/>').format(line)
    words = (
        f"a curve of {len(values)} values from {values[0]:.4g} to {values[-1]:.4g}, between {low:.4g} and {high:.4g}"
    )
    return Markup('<svg width="100" height="24" role="img" aria-label="{}">{}</svg>').format(words, curve)


def verdict(good: bool, yes: str, no: str) -> Markup:
    return coloured(good, yes if good else no)


def named(values: dict[str, Any], sign: str) -> str:
    return ", ".join(f"{name}{sign}{value}" for name, value in values.items())
