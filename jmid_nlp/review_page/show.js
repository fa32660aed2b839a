// Draws what decisions and the current place change: list, counts, report and panel.

function level(risk) {
  if (risk >= 0.6) return "high";
  return risk >= 0.3 ? "middle" : risk > 0 ? "low" : "none";
}

/** What the list says of a report. */
function describe(at) {
  const found = summary(reports[at], decisions.entries[at]);
  const reasons = [...new Set(found.open.flatMap((p) => p.mark.reasons))].map((reason) => t(reason));
  const note = reasons.length ? `${t("open_count", { count: found.open.length })} ${reasons.join(t("comma"))}` : t("nothing_open");
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
    open: all.reduce((sum, { found }) => sum + found.open.length, 0),
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
