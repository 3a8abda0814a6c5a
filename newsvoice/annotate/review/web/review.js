"use strict";
const setup = JSON.parse(document.getElementById("setup").textContent);
const byId = (id) => document.getElementById(id);
const labelOf = Object.fromEntries(setup.labels.map((label) => [label.name, label]));
const nameOfKey = Object.fromEntries(setup.labels.map((label) => [label.key, label.name]));
const POLL_MS = 1500;
const GONE = "The server does not answer. Start `newsvoice annotate review` again and open the address it prints; all that was saved is kept.";
const CHANGED = "This article's labels were changed in another tab or by a program. The page now shows them.";

let state = null; // what the server last said of the article
let current = 0; // position of the picked sentence in state.units
let options = []; // its elements, in the order of state.units
let queue = Promise.resolve(); // requests, one after the other
let waiting = []; // labels that were given and not yet answered, in order
let unsaved = []; // labels that could not be saved, until their sentence is labelled or they are dismissed
let notice = ""; // what the alert says besides
let undone = JSON.parse(sessionStorage.getItem("undo") || "[]");

// --- the server

function inOrder(task) {
  queue = queue.then(task, task);
  return queue;
}

async function ask(number, request) {
  try {
    const response = await fetch(`articles/${number}`, request);
    return { status: response.status, body: response.status === 304 ? null : await response.json() };
  } catch {
    return { status: 0, body: { error: GONE } };
  }
}

const load = (number) => inOrder(() => show(number));

async function show(number) {
  say(`Opening article ${number + 1} …`);
  const { status, body } = await ask(number);
  say("");
  if (status !== 200) return alarm(body.error);
  history.replaceState(null, "", `#${number + 1}`);
  current = 0;
  replace(body);
  alarm("");
  choose(Math.max(0, state.units.findIndex((unit) => unit.doubtful)), { focus: true });
}

function give(position, label, { undo = false } = {}) {
  const { start, end } = state.units[position];
  const vote = { number: state.number, position, start, end, label, undo, saved: false, lost: "" };
  waiting.push(vote);
  return vote;
}

// Send a label until it is saved or lost; say whether it is saved.
async function send(vote) {
  let said = "";
  while (!vote.saved && !vote.lost) {
    const { number, start, end, label, undo } = vote;
    const before = unitAt(state, vote)?.own ?? null;
    const { status, body } = await ask(number, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ start, end, label, version: state.version, undo }),
    });
    if (status === 200) {
      vote.saved = true;
      take(body);
      if (!undo) remember({ number, start, end, before, after: label });
    } else if (status === 409) {
      said = CHANGED;
      replace(body);
    } else if (status === 0) {
      said = GONE;
      vote.lost = " had no answer.";
    } else {
      vote.lost = ` was refused: ${body.error}.`;
    }
  }
  waiting = waiting.filter((other) => other !== vote);
  unsaved = unsaved.filter((other) => other.number !== vote.number || other.start !== vote.start);
  if (vote.lost) {
    unsaved.push(vote);
    const first = unsaved.find((other) => other.number === state.number);
    if (first) choose(state.units.findIndex((unit) => unit.end > first.start), { focus: true });
  }
  alarm(said);
  say(vote.lost ? "" : vote.label === null ? "Taken back." : `Saved: ${labelOf[vote.label].title}.`);
  return vote.saved;
}

function poll() {
  if (document.hidden || state === null) return;
  inOrder(async () => {
    const { status, body } = await ask(state.number, { headers: { "If-None-Match": `"${state.version}"` } });
    if (status === 304) {
      if (notice === GONE) alarm("");
    } else if (status !== 200) {
      alarm(body.error);
    } else {
      replace(body);
      alarm(CHANGED);
    }
  });
}

const unitAt = (body, { start, end }) => body.units.find((unit) => unit.start === start && unit.end === end);

function votesOn(body, place) {
  const unit = unitAt(body, place);
  return unit && JSON.stringify([unit.own, unit.votes]);
}

// Show an article as others left it. A label that waits for a passage of which they thought anew is lost.
function replace(body) {
  for (const vote of waiting)
    if (vote.number !== body.number) vote.lost ||= " was left for another article.";
    else if (votesOn(state, vote) !== votesOn(body, vote)) vote.lost ||= " was labelled elsewhere.";
  take(body);
}

// --- undo

function remember(entry) {
  undone.push(entry);
  sessionStorage.setItem("undo", JSON.stringify(undone));
}

const takeBack = () => inOrder(async () => {
  const entry = undone.pop();
  sessionStorage.setItem("undo", JSON.stringify(undone));
  if (!entry) return say("Nothing to undo.");
  if (entry.number !== state.number) await show(entry.number);
  if (entry.number !== state.number) return; // the alert says why
  const position = state.units.indexOf(unitAt(state, entry));
  if (state.units[position]?.own !== entry.after) return say("Not undone: that label was changed elsewhere since.");
  choose(position, { focus: true });
  await send(give(position, entry.before, { undo: true }));
});

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
  if (state.number + 1 < setup.articles) return load(state.number + 1);
  say(state.units[current].doubtful ? "This is the last doubtful sentence." : "No doubtful sentence is left.");
}

async function label(name) {
  const vote = give(current, name);
  const sent = inOrder(() => send(vote));
  // A walk along a list stays until the label is saved; then on to the next of the list.
  if (!setup.listed) choose(current + 1, { focus: true });
  else if (await sent && current === vote.position) nextDoubtful();
}

function toggleCodebook(open = byId("codebook").hidden) {
  byId("codebook").hidden = !open;
  byId("codebook-button").setAttribute("aria-expanded", open);
}

const say = (text) => { byId("said").textContent = text; };

function alarm(text) {
  notice = text;
  const place = (vote) => (vote.number === state.number ? "" : ` of article ${vote.number + 1}`);
  const lost = unsaved.map((vote) => `Not saved: sentence ${vote.position + 1}${place(vote)}${vote.lost}`);
  const words = [...lost, notice].join(" ").trim();
  if (byId("alert").textContent !== words) byId("alert").textContent = words;
  byId("dismiss").hidden = !lost.length;
}

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
byId("previous").addEventListener("click", () => load(state.number - 1));
byId("next").addEventListener("click", () => load(state.number + 1));
byId("codebook-button").addEventListener("click", () => toggleCodebook());
byId("dismiss").addEventListener("click", () => {
  unsaved = [];
  alarm("");
  choose(current, { focus: true });
});
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
