/* One question's answers: what a reader gives is sent at once, one request at a time; what cannot be sent is kept and tried again. */
"use strict";

const desk = document.getElementById("desk");
const status = document.getElementById("status");
const maximum = Number(desk.dataset.points);
const criteria = JSON.parse(desk.dataset.criteria);
const articles = [...document.querySelectorAll("article")];
const answers = new Map();  // key -> what the page shows and what the server last said
const AGAIN = 2000;  // ms before a failed request is tried again
const PAUSE = 500;  // ms after the last key in a comment
let sending = false;
let undo = [];

/* --- one answer */

function start(article, said) {
  const one = { article, said, dirty: false, timer: 0 };
  for (const name of ["score", "comment", "except", "same", "confirm", "conflict", "state"]) one[name] = article.querySelector("." + name);
  one.met = [...article.querySelectorAll(".met")];
  answers.set(article.dataset.key, one);
  show(one);
  one.met.forEach(box => box.addEventListener("change", () => { sum(one); changed(one); }));
  one.score.addEventListener("change", () => changed(one));
  one.comment.addEventListener("input", () => changed(one, PAUSE));
  one.same?.addEventListener("click", () => same(one));
  one.confirm.addEventListener("click", () => changed(one));
  article.querySelector(".theirs").addEventListener("click", () => { show(one); article.focus(); });
  article.querySelector(".mine").addEventListener("click", () => { one.conflict.hidden = true; changed(one); article.focus(); });
}

/* Put what the server said into the fields. */
function show(one) {
  one.met.forEach(box => { box.checked = one.said.met.includes(Number(box.value)); });
  one.score.value = one.said.score ?? "";
  one.comment.value = one.said.comment;
  one.conflict.hidden = true;
  one.dirty = false;
  mark(one);
}

function mark(one) {
  const said = one.said;
  const words = said.score === null ? "to read" : `${said.score} of ${maximum}`;
  one.state.textContent = "· " + words + (said.stale ? ", handed in again since" : "") + (said.reader && said.reader !== desk.dataset.reader ? `, by ${said.reader}` : "");
  one.article.classList.toggle("read", !said.waits);
  one.article.classList.toggle("open", !one.conflict.hidden);
  one.confirm.hidden = !said.stale;
}

function sum(one) {
  one.score.value = one.met.reduce((total, box, i) => total + (box.checked ? criteria[i] : 0), 0);
}

function set(one, score) {
  one.met.forEach(box => { box.checked = score === maximum; });
  one.score.value = score;
  changed(one);
}

function changed(one, pause = 0) {
  one.dirty = true;
  clearTimeout(one.timer);
  one.timer = setTimeout(send, pause);
}

/* --- to the server */

function wanted(one) {
  const score = one.score.value === "" ? null : Number(one.score.value);
  const met = one.met.filter(box => box.checked).map(box => Number(box.value));
  return { key: one.article.dataset.key, version: one.said.version, score, comment: one.comment.value, met };
}

async function send() {
  const batch = [...answers.values()].filter(one => one.dirty && one.conflict.hidden);
  if (sending || !batch.length) return;
  sending = true;
  batch.forEach(one => { one.dirty = false; });
  try {
    const reply = await fetch(location.pathname, {
      method: "POST", body: JSON.stringify(batch.map(wanted)),
      headers: { "Content-Type": "application/json", "X-XSRFToken": document.querySelector("meta[name=xsrf]").content },
    });
    const found = await reply.json();
    if (!reply.ok) throw new Error(found.error);
    take(found);
  } catch (error) {
    batch.forEach(one => { one.dirty = true; });
    const why = error instanceof TypeError ? "the desk does not answer" : error.message;
    say(`Not saved: ${why}. What you entered stays here and is sent again.`, true);
    setTimeout(send, AGAIN);
  }
  sending = false;
  if (!status.classList.contains("bad")) send();
}

/* What was changed again while the request was under way stays as it is. */
function take(found) {
  for (const said of found.written) {
    const one = answers.get(said.key);
    one.said = said;
    mark(one);
  }
  for (const said of found.conflicts) {
    const one = answers.get(said.key);
    one.said = said;
    one.conflict.hidden = false;
    one.conflict.querySelector("p").textContent = "Meanwhile " + conflict(said);
    mark(one);
  }
  reuse(found.reused);
  const left = articles.filter(article => answers.get(article.dataset.key).said.waits).length;
  const open = found.conflicts.length ? ` ${found.conflicts.length} changed meanwhile: look at what is marked.` : "";
  say(`Saved.${open} ${left} left to read.`);
}

function conflict(said) {
  if (said.score === null && !said.comment) return "the answer or its grade was changed: it has no points now.";
  return `${said.reader} gave ${said.score ?? "no"} points${said.comment ? ": " + said.comment : "."}`;
}

function say(text, bad = false) {
  status.textContent = text;
  status.classList.toggle("bad", bad);
}

/* --- many answers */

function group(one) {
  return [...one.article.closest("[data-group]").querySelectorAll("article")].map(article => answers.get(article.dataset.key));
}

/* The rest of the group that waits gets what this one has. */
function same(one) {
  const rest = group(one).filter(other => other !== one && other.said.waits && !other.dirty && other.conflict.hidden && !other.except.checked);
  if (one.score.value === "") return say("Give this answer its points first.");
  undo = rest.map(other => ({ other, before: wanted(other) }));
  const { score, comment, met } = wanted(one);
  rest.forEach(other => fill(other, { score, comment, met }));
  say(`The same for ${rest.length} more of the group; u takes it back.`);
}

function takeBack() {
  undo.forEach(({ other, before }) => fill(other, before));
  say(`${undo.length} taken back.`);
  undo = [];
}

function fill(one, { score, comment, met }) {
  one.met.forEach(box => { box.checked = met.includes(Number(box.value)); });
  one.score.value = score ?? "";
  one.comment.value = comment;
  changed(one);
}

/* --- comments again */

function reuse(lines) {
  document.getElementById("reused").replaceChildren(...lines.map(line => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = line;
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}

function comment(one, line) {
  one.comment.value = [...one.comment.value.split("\n").filter(old => old && old !== line), line].join("\n");
  changed(one);
}

/* --- keys */

let current = articles[0]?.dataset.key;

function go(step, wants = () => true) {
  let at = articles.findIndex(article => article.dataset.key === current);
  const from = at;
  if (document.activeElement.closest("article") === null && step > 0) at -= 1;  // the first key goes to where one is
  for (at += step; at >= 0 && at < articles.length; at += step) if (wants(answers.get(articles[at].dataset.key))) break;
  const to = articles[at] ?? articles[from];
  to.focus();
  to.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => go(1), k: () => go(-1), n: () => go(1, one => one.said.waits),
  a: one => set(one, maximum), 0: one => set(one, 0),
  "+": one => step(one, 0.5), "-": one => step(one, -0.5),
  c: one => one.comment.focus(), g: one => one.same && same(one), u: takeBack,
  x: one => { if (one.except) one.except.checked = !one.except.checked; },
};

function step(one, by) {
  one.score.value = Math.min(maximum, Math.max(0, Number(one.score.value) + by));
  changed(one);
}

function digit(one, number, shift) {
  const again = document.querySelectorAll("#reused button")[number - 1];
  if (shift) return again && comment(one, again.textContent);
  if (criteria.length) return one.met[number - 1]?.click();
  if (number <= maximum) set(one, number);
}

document.addEventListener("keydown", event => {
  const typing = event.target.matches("textarea, select, input:not([type=checkbox])");
  if (event.key === "Escape" && typing) return event.target.closest("article")?.focus();
  if (typing || event.ctrlKey || event.altKey || event.metaKey || !document.getElementById("keys").checked || !articles.length) return;
  const one = answers.get(current);
  const number = /^(?:Digit|Numpad)[1-9]$/.test(event.code) ? Number(event.code.at(-1)) : 0;
  if (number) digit(one, number, event.shiftKey);
  else if (Object.hasOwn(KEYS, event.key)) KEYS[event.key](one);
  else return;
  event.preventDefault();
});

document.addEventListener("focusin", event => {
  current = event.target.closest?.("article")?.dataset.key ?? current;
});

document.getElementById("reused").addEventListener("click", event => {
  const button = event.target.closest("button");
  if (button && current) comment(answers.get(current), button.textContent);
});

document.getElementById("keys").addEventListener("change", event => localStorage.setItem("keys", event.target.checked));
document.getElementById("keys").checked = localStorage.getItem("keys") !== "false";

addEventListener("beforeunload", event => {
  if (sending || [...answers.values()].some(one => one.dirty || !one.conflict.hidden)) event.preventDefault();
});

const given = JSON.parse(document.getElementById("given").textContent);
articles.forEach(article => start(article, given[article.dataset.key]));
/* What has to be scrolled, as long formulas on a phone, can be by keyboard. */
document.querySelectorAll(".answer").forEach(answer => { if (answer.scrollWidth > answer.clientWidth) answer.tabIndex = 0; });
