/** Pieces that every live page is made of. */

export const byId = (id) => document.getElementById(id);

/** An element with attributes (`null` and `false` leave one out) and children; text is never read as HTML. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Fill a table: names of the columns, then rows, whose first cell is the row's own name. */
export function fillTable(table, head, rows) {
  const cells = ([first, ...rest]) => [
    element("th", { scope: "row" }, first),
    ...rest.map((cell) => element("td", {}, cell)),
  ];
  table.replaceChildren(
    element("thead", {}, element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells(row)))),
  );
}

/** What a reader is told, on the screen and aloud. */
export function say(text) {
  byId("state").textContent = text;
}

/** Run the page's own code, then show what lives. What goes wrong is said instead. */
export async function live(start) {
  try {
    await start();
  } catch (error) {
    say(`This page could not start: ${error.message}`);
    throw error;
  }
  document.querySelectorAll(".live").forEach((part) => (part.hidden = false));
  document.body.dataset.live = "yes";
}

/** Let the browser draw and answer before going on. */
export const pause = () => new Promise((resolve) => setTimeout(resolve));

/** A number to three significant digits, as a person would write it: 0.0412, 3.72, 128, 2.9e9. */
export function short(value) {
  if (!Number.isFinite(value)) return "∞";
  const plain = Math.abs(value) < 1e5 && (value === 0 || Math.abs(value) >= 1e-3);
  if (plain)
    return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
  return value.toExponential(1).replace("e+", "e");
}
