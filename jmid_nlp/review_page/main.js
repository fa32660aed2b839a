// The page itself: its texts, its list and filter, and which key and button does what.

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
