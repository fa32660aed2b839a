// What the page works on: the reports, the decisions on them, the open report and the current place of it.

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
