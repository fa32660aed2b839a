// What a reviewer can do: go from place to place and report to report, decide, save and load.

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

function save() {
  const link = make("a", { download: "decisions.jsonl", href: URL.createObjectURL(new Blob([decisions.toLines()], { type: "application/jsonl" })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  decisions.unsaved = false;
}

async function load(file) {
  const count = decisions.readLines(await file.text());
  keeper.now(); // what is told as imported is kept
  say(t(count.bad ? "imported_some" : "imported", count));
}
