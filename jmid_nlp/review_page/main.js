// The page: puts the parts together and answers to keys and buttons.

const { categories, run } = data;
const reports = data.reports.map((report) => ({ ...report, offsets: new Offsets(report.text), marks: report.marks.map(readMark) }));
const decisions = new Decisions(reports, () => {
  keeper.soon();
  refresh();
});
const keeper = new Keeper(decisions, () => say(t("storage_refused")));
const filter = new Filter($("filters"), reports);
const list = new ReportList($("list"), reports, describe, open);
const view = new ReportView($("text"));
let index = null; // of the open report
let current = null; // the current place of it: {start, end}

const places = () => summary(reports[index], decisions.entries[index]).places;
const place = () => (index === null || !current ? null : (places().find((p) => same(p, current)) ?? null));

// ---- what is shown

function level(risk) {
  if (risk >= 0.6) return "high";
  return risk >= 0.3 ? "middle" : risk > 0 ? "low" : "none";
}

/** What the list says of a report. */
function describe(at) {
  const found = summary(reports[at], decisions.entries[at]);
  const reasons = [...new Set(found.places.filter(isOpen).flatMap((p) => p.mark.reasons))].map((reason) => t(reason));
  const note = reasons.length ? `${t("open_count", { count: found.open })} ${reasons.join(t("comma"))}` : t("nothing_open");
  return { level: level(reports[at].risk), note, done: decisions.entries[at].done, leak: found.leak };
}

/** Draw everything that decisions change. */
function refresh() {
  list.draw();
  if (index !== null) {
    drawReport();
    drawDone();
  }
  const found = totals();
  $("progress").max = reports.length;
  $("progress").value = found.read;
  $("counts").textContent = t("counts", { ...found, shown: reports.length });
  $("undo").disabled = decisions.past.length === 0;
}

function drawDone() {
  const { done } = decisions.entries[index];
  $("done").setAttribute("aria-pressed", String(done));
  $("done").firstElementChild.textContent = done ? `✓ ${t("read")}` : t("done");
}

function totals() {
  const all = decisions.entries.map((entry, at) => ({ entry, found: summary(reports[at], entry) }));
  const read = all.filter(({ entry }) => entry.done);
  return {
    read: read.length,
    open: all.reduce((sum, { found }) => sum + found.open, 0),
    leaks: read.filter(({ found }) => found.leak).length,
    leaking: all.filter(({ found }) => found.leak).length,
    decided: all.reduce((sum, { found }) => sum + found.decided, 0),
  };
}

function drawReport() {
  const frame = view.draw(reports[index], places(), current);
  drawPanel();
  return frame;
}

function drawPanel() {
  const chosen = index === null ? null : view.selected();
  const at = place();
  const visited = index === null ? [] : places().filter((p) => filter.visits(p));
  const number = visited.findIndex((p) => current && same(p, current)) + 1;
  $("where").textContent = t("where", { number: number || "–", count: visited.length });
  $("what").replaceChildren(...(chosen ? describeSelection(chosen) : at ? describePlace(at) : [make("p", { class: "soft" }, t("no_place"))]));
  $("accept").disabled = !at || Boolean(chosen);
  $("remove").disabled = !at && !chosen;
  $("clear").disabled = !at?.item;
  for (const button of $("categories").children) {
    button.disabled = !at && !chosen;
    button.setAttribute("aria-pressed", String(!chosen && at !== null && category(at) === button.dataset.name));
  }
}

function describeSelection(chosen) {
  return [make("p", { class: "quoted", lang: "ja" }, reports[index].offsets.slice(chosen.start, chosen.end)), make("p", {}, t("selected"))];
}

function describePlace(at) {
  const { mark, item } = at;
  const name = category(at);
  const state = make("span", { class: `badge ${goes(at) ? "goes" : "stays"}` }, t(goes(at) ? "goes" : "stays"));
  const line = make("p", {}, state, ` ${name ? t(name) : t("no_category")} · ${t(item ? `state_of_${item.kind}` : "undecided")}`);
  const out = [make("p", { class: "quoted", lang: "ja" }, reports[index].offsets.slice(at.start, at.end)), line];
  if (mark?.reasons.length) out.push(make("ul", {}, ...mark.reasons.map((reason) => make("li", {}, t(reason)))));
  if (mark?.detector) out.push(make("p", { class: "soft" }, t("detected_by", { detector: mark.detector, score: mark.score.toFixed(2) })));
  if (mark && family(mark.detector) === "known") out.push(make("p", { class: "soft" }, t("known_note")));
  return out;
}

// ---- going about

/** Open a report at its first place that needs a look. */
function open(at) {
  index = at;
  if (narrow.matches) showList(false);
  const visited = places().filter((p) => filter.visits(p));
  current = visited.find(isOpen) ?? visited[0] ?? null;
  document.getSelection().removeAllRanges();
  const report = reports[at];
  $("title").textContent = report.id;
  $("risk").replaceChildren(riskBadge(level(report.risk)));
  drawDone();
  $("text").scrollTop = 0;
  drawReport()?.scrollIntoView({ block: "nearest" });
  list.choose(at);
}

function turn(by) {
  const next = list.beside(by);
  if (next === null) say(t(by > 0 ? "last_report" : "first_report"));
  else open(next);
}

/** Go to the next or previous place; behind the last one the next report follows. */
function step(by, all = false) {
  if (index === null) return;
  const visited = places().filter((p) => all || filter.visits(p));
  const behind = visited.filter((p) => !current || (by > 0 ? p.start > current.start : p.start < current.start));
  const next = by > 0 ? behind[0] : behind.at(-1);
  if (next) go(next);
  else turn(by);
}

function go(to) {
  current = { start: to.start, end: to.end };
  document.getSelection().removeAllRanges();
  drawReport()?.scrollIntoView({ block: "nearest" });
}

/** After a decision: the next place of this report that is still open. */
function onward() {
  const next = places().find((p) => filter.visits(p) && isOpen(p) && p.start > current.start);
  if (next) go(next);
}

// ---- deciding

/** Decide on the selected text, or on the current place. */
function decide(kind, name) {
  if (index === null) return;
  const chosen = view.selected();
  const at = chosen ? null : place();
  const where = chosen ?? at;
  if (!where) return;
  const known = name || (at ? category(at) : "");
  if (kind === "keep" && !known) {
    say(t("needs_category"));
    return;
  }
  const detected = at?.mark && isDetected(at.mark);
  const made = kind === "remove" ? "remove" : detected ? "accept" : "add";
  current = { start: where.start, end: where.end };
  document.getSelection().removeAllRanges();
  decisions.decide(index, { start: where.start, end: where.end, kind: made, category: known });
  onward();
}

function clear() {
  const at = place();
  if (at?.item) decisions.clear(index, at);
}

function toggleDone() {
  if (index === null) return;
  const done = !decisions.entries[index].done;
  decisions.setDone(index, done);
  if (done && list.beside(1) !== null) turn(1);
}

function undo() {
  const at = decisions.undo();
  if (at !== null && at !== index) open(at);
}

/** Move an end of the selection by one character; without a selection the current place is taken up first. */
function stretch(edge, by) {
  if (index === null) return;
  const { offsets } = reports[index];
  const { length } = offsets;
  const had = view.selectedUnits();
  const { start, end } = had ? { start: offsets.toPoint(had.start), end: offsets.toPoint(had.end) } : (current ?? { start: 0, end: 1 });
  const moved = edge === "start" ? { start: start + by, end } : { start, end: end + by };
  if (moved.start < 0 || moved.end > length || moved.start >= moved.end) return;
  view.select(moved);
  drawPanel();
}

// ---- files

function save() {
  const link = make("a", { download: "decisions.jsonl", href: URL.createObjectURL(new Blob([decisions.toLines()], { type: "application/jsonl" })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  decisions.unsaved = false;
}

async function load(file) {
  const count = decisions.readLines(await file.text());
  say(t(count.bad ? "imported_some" : "imported", count));
}

// ---- the page

const narrow = matchMedia("(max-width: 760px)");

function showList(shown) {
  document.body.classList.toggle("listless", !shown);
  $("toggle").setAttribute("aria-expanded", String(shown));
  if (shown) list.choose(list.current);
}

const toggleList = () => showList(document.body.classList.contains("listless"));

function search() {
  showList(true);
  $("filters").elements.words.select();
}

function applyFilter() {
  list.show(filter.matching(decisions.entries));
  $("matching").textContent = t("matching", { count: list.indices.length });
  if (index !== null) drawPanel();
}

function speak() {
  translate();
  filter.translate();
  $("about").textContent = run.sample === null ? t("about_riskiest", { shown: reports.length, total: run.total }) : t("about_sample", { shown: reports.length, total: run.total });
  $("categories").replaceChildren(
    ...categories.map((name, at) => {
      const button = make("button", { "data-name": name, "aria-pressed": "false" }, t(name), " ", make("kbd", {}, String((at + 1) % 10)));
      button.addEventListener("click", () => decide("keep", name));
      return button;
    }),
  );
  const sample = (kind, key, text) => make("span", {}, make("mark", { class: kind }, text), ` ${t(key)} `);
  $("legend").replaceChildren(
    sample("place goes", "legend_goes", "＿＿"), sample("place goes doubt", "legend_doubt", "＿＿"), sample("place stays doubt", "legend_stays", "＿＿"),
    sample("place goes add", "legend_add", "＿＿"), sample("place stays remove", "legend_remove", "＿＿"),
  );
  applyFilter();
  refresh();
}

const COMMANDS = {
  j: () => step(1), k: () => step(-1), J: () => step(1, true), K: () => step(-1, true), n: () => turn(1), p: () => turn(-1),
  a: () => decide("keep"), x: () => decide("remove"), c: clear, u: undo, d: toggleDone,
  ",": () => stretch("start", -1), ".": () => stretch("start", 1), "<": () => stretch("end", -1), ">": () => stretch("end", 1),
  "/": search, b: toggleList, "?": showHelp,
};

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || event.isComposing) return;
  const { target, key } = event;
  if (target.closest("input, select")) {
    if (key === "Escape") target.blur();
    return;
  }
  if ((event.ctrlKey || event.metaKey) && key === "z") {
    event.preventDefault();
    undo();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inList = target === $("list") && { ArrowDown: () => turn(1), ArrowUp: () => turn(-1) }[key];
  const number = /^[0-9]$/.test(key) ? () => decide("keep", categories[(Number(key) + 9) % 10]) : null;
  const command = inList || number || (Object.hasOwn(COMMANDS, key) ? COMMANDS[key] : null);
  if (!command) return;
  event.preventDefault();
  command();
});

const CLICKS = {
  toggle: toggleList, undo, import: () => $("file").click(), export: save, help: showHelp, done: toggleDone,
  plan: () => { plan(totals().read, totals().leaks); $("planning").showModal(); },
  language: () => { language = 1 - language; store(STORED_LANGUAGE, String(language)); speak(); },
  previous: () => turn(-1), next: () => turn(1), back: () => step(-1), forth: () => step(1),
  accept: () => decide("keep"), remove: () => decide("remove"), clear,
};
for (const [id, command] of Object.entries(CLICKS)) $(id).addEventListener("click", () => command());
$("panel").addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault()); // the selection stays
$("text").addEventListener("click", (event) => {
  const at = view.selected() ? null : view.placeAt(event);
  if (at) go(at);
});
document.addEventListener("selectionchange", drawPanel);
$("filters").addEventListener("input", applyFilter);
$("filters").addEventListener("reset", () => setTimeout(applyFilter));
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("file").addEventListener("change", async () => {
  const [file] = $("file").files;
  if (file) await load(file);
  $("file").value = "";
});
for (const id of ["bound", "confidence", "allowed"]) $(id).addEventListener("input", () => plan(totals().read, totals().leaks));

language = Number(stored(STORED_LANGUAGE) ?? language);
const kept = keeper.load();
showList(true);
speak();
if (reports.length) {
  const unread = list.indices.find((at) => !decisions.entries[at].done);
  open(unread ?? list.indices[0]);
}
if (kept) say(t("taken_up"));
else if (!store(STORED, decisions.pack())) {
  keeper.works = false;
  say(t("storage_refused"));
}
