/** Small line charts in SVG, as wide as there is room for, in the colours of the page. */

const SPACE = { left: 46, right: 14, top: 26, bottom: 42 };

/**
 * Draw a chart into `svg` and keep it as wide as its place.
 *
 * x, y: {from, to, log, label, ticks: [number or [number, text]]}. series: [{kind, points: [[x, y], ...], look, label}], where `kind` is
 * line, dots or area, `look` a class of live.css, and `label` is written at the last point. words: what is to be seen, for who cannot see it.
 */
export function chart(svg, content) {
  if (!svg.content) new ResizeObserver(() => render(svg)).observe(svg);
  svg.content = content;
  render(svg);
}

function render(svg) {
  const { x, y, series, words } = svg.content;
  const [width, height] = [svg.clientWidth, svg.clientHeight];
  if (!width) return;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", words);
  const across = scale(x, SPACE.left, width - SPACE.right);
  const up = scale(y, height - SPACE.bottom, SPACE.top);
  svg.replaceChildren(
    ...axis(
      x,
      (at) => ({ x1: across(at), x2: across(at), y1: up(y.from), y2: up(y.to) }),
      (at) => [across(at), height - 24, "middle"],
    ),
    ...axis(
      y,
      (at) => ({ x1: across(x.from), x2: across(x.to), y1: up(at), y2: up(at) }),
      (at) => [SPACE.left - 6, up(at) + 4, "end"],
    ),
    text(width - SPACE.right, height - 6, "end", x.label),
    text(2, 12, "start", y.label),
    inside(width, height, ...series.flatMap((one) => drawn(one, across, up, y))),
  );
}

/** What lies in the frame, with a little room for dots on its edge; the rest is cut off. */
function inside(width, height, ...shapes) {
  const [x, y, w, h] = [
    SPACE.left - 6,
    SPACE.top - 6,
    width - SPACE.left - SPACE.right + 12,
    height - SPACE.top - SPACE.bottom + 12,
  ];
  const frame = shape("svg", { x, y, width: w, height: h, viewBox: `${x} ${y} ${w} ${h}` });
  frame.append(...shapes);
  return frame;
}

/** From a number to pixels, along an axis from pixel `start` to pixel `end`. */
function scale({ from, to, log }, start, end) {
  const place = log ? Math.log : (value) => value;
  return (value) => start + ((end - start) * (place(value) - place(from))) / (place(to) - place(from));
}

function axis({ ticks }, line, label) {
  const named = ticks.map((tick) => (Array.isArray(tick) ? tick : [tick, String(tick)]));
  return named.flatMap(([at, name]) => [shape("line", { class: "grid", ...line(at) }), text(...label(at), name)]);
}

function drawn({ kind, points, look, label }, across, up, y) {
  const places = points.map(([px, py]) => [across(px), up(py)]);
  const path = places.map((place) => place.join(",")).join(" L");
  const made = [];
  if (kind === "line" && places.length) made.push(shape("path", { class: `line ${look}`, d: `M${path}` }));
  if (kind === "dots") made.push(...places.map(([cx, cy]) => shape("circle", { class: `dot ${look}`, cx, cy, r: 4 })));
  if (kind === "area" && places.length) {
    const [[first], [last]] = [places[0], places.at(-1)];
    made.push(shape("path", { class: `area ${look}`, d: `M${first},${up(y.from)} L${path} L${last},${up(y.from)} Z` }));
  }
  if (label && places.length) {
    const [px, py] = places.at(-1);
    made.push(text(px - 4, py - 7, "end", label, look));
  }
  return made;
}

function text(x, y, anchor, words, look = "") {
  const made = shape("text", { x, y, "text-anchor": anchor, class: look });
  made.textContent = words;
  return made;
}

export function shape(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
