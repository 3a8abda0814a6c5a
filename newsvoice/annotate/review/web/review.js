"use strict";
const setup = JSON.parse(document.getElementById("setup").textContent);
const byId = (id) => document.getElementById(id);
const labelOf = Object.fromEntries(setup.labels.map((label) => [label.name, label]));
const nameOfKey = Object.fromEntries(setup.labels.map((label) => [label.key, label.name]));
const POLL_MS = 1500;
const GONE = "Not saved: the server does not answer. Start `newsvoice annotate review` again and open the address it prints; all that was saved is kept.";
const CHANGED = "This article's labels were changed in another tab or by a program. The page now shows them.";

let state = null; // what the server last said of the article
let current = 0; // position of the picked sentence in state.units
let options = []; // its elements, in the order of state.units
let queue = Promise.resolve(); // requests, one after the other
let generation = 0; // raised when what is shown was overtaken: keys pressed before are dropped
let undone = JSON.parse(sessionStorage.getItem("undo") || "[]");

// --- the server

const path = (number) => `articles/${number}`;

function inOrder(task) {
  queue = queue.then(task).catch(() => alarm(GONE));
  return queue;
}

async function load(number) {
  await inOrder(async () => {
    const response = await fetch(path(number));
    const body = await response.json();
    if (!response.ok) return alarm(body.error);
    alarm("");
    generation += 1;
    current = 0;
    take(body);
    const doubtful = state.units.findIndex((unit) => unit.doubtful);
    choose(Math.max(0, doubtful), { focus: true });
    say("");
  });
}

function vote(number, unit, label, { undo = false } = {}) {
  const born = generation;
  return inOrder(async () => {
    if (born !== generation) return;
    const before = unit.own;
    const response = await fetch(path(number), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ start: unit.start, end: unit.end, label, version: state.version, undo }),
    });
    const body = await response.json();
    if (response.status === 409) {
      overtaken(body);
    } else if (!response.ok) {
      generation += 1;
      alarm(`Not saved: ${body.error}`);
    } else {
      alarm("");
      take(body);
      if (!undo) remember({ number, start: unit.start, end: unit.end, before, after: label });
      say(label === null ? "Taken back." : `Saved: ${labelOf[label].title}.`);
    }
  });
}

function poll() {
  if (document.hidden || state === null) return;
  inOrder(async () => {
    const response = await fetch(path(state.number), { headers: { "If-None-Match": `"${state.version}"` } });
    if (response.status === 304) return byId("alert").textContent === GONE && alarm("");
    const body = await response.json();
    if (!response.ok) alarm(body.error);
    else if (body.version !== state.version) overtaken(body);
  });
}

function overtaken(body) {
  generation += 1;
  take(body);
  alarm(CHANGED);
}

// --- undo

function remember(entry) {
  undone.push(entry);
  sessionStorage.setItem("undo", JSON.stringify(undone));
}

async function takeBack() {
  await queue;
  const entry = undone.pop();
  sessionStorage.setItem("undo", JSON.stringify(undone));
  if (!entry) return say("Nothing to undo.");
  if (entry.number !== state.number) await go(entry.number);
  const position = state.units.findIndex((unit) => unit.start === entry.start && unit.end === entry.end);
  const unit = state.units[position];
  if (position < 0 ? entry.after !== null : unit.own !== entry.after)
    return say("Not undone: that label was changed elsewhere since.");
  choose(position, { focus: true });
  await vote(state.number, unit, entry.before, { undo: true });
}

// --- the page

function take(body) {
  const same = state !== null && state.number === body.number && state.units.length === body.units.length
    && state.units.every((unit, n) => unit.start === body.units[n].start && unit.end === body.units[n].end);
  state = body;
  if (!same) build();
  current = Math.min(current, state.units.length - 1);
  state.units.forEach(paint);
  choose(current, { focus: !same && byId("sentences").contains(document.activeElement) });
  const own = state.units.filter((unit) => unit.own !== null).length;
  const left = state.units.filter((unit) => unit.doubtful).length;
  document.title = `${state.article} · review · newsvoice`;
  byId("title").textContent = state.article;
  const where = setup.articles > 1 ? `article ${state.number + 1} of ${setup.articles} · ` : "";
  byId("progress").textContent = `${where}${own} of ${state.units.length} labelled by ${setup.annotator} · ${left} ${setup.blind ? "left" : "doubtful"}`;
  byId("previous").hidden = state.number === 0;
  byId("next").hidden = state.number + 1 >= setup.articles;
}

function build() {
  const list = byId("sentences");
  list.replaceChildren();
  options = [];
  let block = null;
  state.units.forEach((unit, position) => {
    if (block === null || block.dataset.paragraph !== String(unit.paragraph)) {
      block = document.createElement("div");
      block.className = `block ${unit.kind}`;
      block.dataset.paragraph = unit.paragraph;
      block.setAttribute("role", "group");
      block.setAttribute("aria-label", `${unit.kind} ${unit.paragraph + 1}`);
      list.append(block);
    }
    const option = document.createElement("span");
    option.className = "s";
    option.setAttribute("role", "option");
    option.addEventListener("click", () => choose(position, { focus: true }));
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.setAttribute("aria-hidden", "true");
    const said = document.createElement("span");
    said.className = "unseen";
    // The unseen words come first: at the end they would open an empty line of their own.
    option.append(said, mark, unit.text);
    options.push(option);
    block.append(option, " ");
  });
}

function paint(unit, position) {
  const option = options[position];
  const own = labelOf[unit.own];
  const gold = labelOf[unit.gold];
  option.className = `s ${(own ?? gold)?.name ?? ""}`;
  for (const [key, value] of [["own", unit.own], ["gold", unit.gold], ["guess", unit.guess], ["doubtful", unit.doubtful || null]])
    value === null ? delete option.dataset[key] : (option.dataset[key] = value);
  const [said, mark] = option.childNodes;
  const known = own ? `${own.title}, by you` : gold ? `${gold.title}, by others` : "no label";
  said.textContent = `${unit.doubtful ? "doubtful, " : ""}${known}: `;
  mark.textContent = (own ?? gold ?? labelOf[unit.guess])?.mark ?? "";
}

function choose(position, { focus = false } = {}) {
  if (!options.length) return;
  current = Math.max(0, Math.min(position, options.length - 1));
  options.forEach((option, n) => {
    option.tabIndex = n === current ? 0 : -1;
    option.setAttribute("aria-selected", n === current);
  });
  if (focus) options[current].focus();
  const unit = state.units[current];
  const own = unit.own === null ? null : labelOf[unit.own];
  const votes = unit.votes.map((vote) => `${vote.annotator}: ${labelOf[vote.label].title}`).join(" · ");
  byId("own").textContent = [own ? `Your label: ${own.title}` : "No label of yours", votes].filter(Boolean).join(" · ");
  const words = unit.why.replaceAll("_", " ");
  byId("why").textContent = unit.guess && !own && !unit.gold ? `Guess: ${labelOf[unit.guess].title}. ${words}` : words;
  for (const button of byId("keys").children)
    if (button.dataset.key in nameOfKey) button.setAttribute("aria-pressed", nameOfKey[button.dataset.key] === unit.own);
}

function nextDoubtful() {
  const count = state.units.length;
  for (let step = 1; step <= count; step += 1) {
    const position = (current + step) % count;
    if (state.units[position].doubtful && (step < count || position !== current)) return choose(position, { focus: true });
  }
  if (state.number + 1 < setup.articles) return go(state.number + 1);
  say(state.units[current].doubtful ? "This is the last doubtful sentence." : "No doubtful sentence is left.");
}

async function label(name) {
  const unit = state.units[current];
  if (setup.listed) {
    // A walk along a list: stay until it is saved, then on to the next of the list.
    await vote(state.number, unit, name);
    if (state.units[current]?.own === name) nextDoubtful();
  } else {
    const saved = vote(state.number, unit, name);
    choose(current + 1, { focus: true });
    await saved;
  }
}

async function go(number) {
  history.replaceState(null, "", `#${number + 1}`);
  say(`Opening article ${number + 1} …`);
  await load(number);
}

function toggleCodebook(open = byId("codebook").hidden) {
  byId("codebook").hidden = !open;
  byId("codebook-button").setAttribute("aria-expanded", open);
}

const say = (text) => { byId("said").textContent = text; };
const alarm = (text) => { if (byId("alert").textContent !== text) byId("alert").textContent = text; };

// --- keys

const moves = {
  ArrowDown: () => current + 1, ArrowRight: () => current + 1,
  ArrowUp: () => current - 1, ArrowLeft: () => current - 1,
  Home: () => 0, End: () => options.length - 1,
};
const actions = { u: takeBack, n: nextDoubtful, c: () => toggleCodebook() };

function press(key) {
  if (state === null) return false;
  if (key in nameOfKey) label(nameOfKey[key]);
  else if (key in actions) actions[key]();
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inCodebook = byId("codebook").contains(event.target);
  if (event.key === "Escape" && !byId("codebook").hidden) {
    toggleCodebook(false);
    choose(current, { focus: true });
  } else if (event.key in moves && !inCodebook && state !== null && event.target.tagName !== "BUTTON") {
    choose(moves[event.key](), { focus: true });
  } else if (!press(event.key)) {
    return;
  }
  event.preventDefault();
});
byId("keys").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) press(button.dataset.key);
});
byId("previous").addEventListener("click", () => go(state.number - 1));
byId("next").addEventListener("click", () => go(state.number + 1));
byId("codebook-button").addEventListener("click", () => toggleCodebook());
window.addEventListener("hashchange", () => load(asked()));
document.addEventListener("visibilitychange", poll);
window.addEventListener("focus", poll);
setInterval(poll, POLL_MS);

function asked() {
  const number = Number(location.hash.slice(1)) - 1;
  return Number.isInteger(number) && number >= 0 && number < setup.articles ? number : 0;
}

toggleCodebook(window.innerWidth >= 1100);
load(asked());
