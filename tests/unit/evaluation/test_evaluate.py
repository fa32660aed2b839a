"""Rows in, figures, intervals and files out; what cannot be used is named; no text where nobody asked for it."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import jmid_nlp
from jmid_nlp.annotations.brat import write_brat
from jmid_nlp.annotations.conll import write_conll
from jmid_nlp.annotations.prism import write_prism
from jmid_nlp.annotations.text import TextDocument, TextSpan
from jmid_nlp.cli import app
from jmid_nlp.errors import InputError
from jmid_nlp.evaluation.counts import resampled

SECRET = "花山院"


def name(start, end):
    return {"start": start, "end": end, "category": "PERSON"}


def gold_rows(count=40):
    return [
        {"id": f"r{n}", "text": f"患者 {SECRET}様", "spans": [name(3, 6)], "keep": [], "institution": "AB"[n % 2], "tags": ["x", "y"][: n % 3]}
        for n in range(count)
    ]  # fmt: skip


def made_rows(count=40):
    return [{"id": f"r{n}", "spans": [name(3, 6)] if n % 4 else []} for n in range(count)]


def write(path, rows):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return path


class TestFigures:
    def test_intervals_are_those_of_a_share(self):
        """Recall of one identifier a report is a mean of independent reports: the interval is the binomial one."""
        found = jmid_nlp.evaluate(gold_rows(400), made_rows(400), bootstrap=4000)
        recall = next(f for f in found if f.scope == "overall" and f.name == "recall")
        width = 1.96 * (0.75 * 0.25 / 400) ** 0.5
        assert recall.value == 0.75
        assert recall.n == 400
        assert (recall.low, recall.high) == (
            pytest.approx(0.75 - width, abs=0.006),
            pytest.approx(0.75 + width, abs=0.006),
        )

    def test_the_same_seed_gives_the_same_figures(self):
        runs = [jmid_nlp.evaluate(gold_rows(), made_rows(), seed=seed, bootstrap=25).to_json() for seed in (3, 3, 4)]
        assert runs[0] == runs[1]
        assert runs[0]["figures"] != runs[2]["figures"]

    def test_samples_hold_as_many_reports_as_there_are(self):
        """Also where the samples are drawn in several blocks."""
        drawn = resampled(np.ones((3000, 1)), 1500, 0)
        assert drawn.shape == (1500, 1)
        assert (drawn == 3000).all()

    def test_groups_sum_to_the_whole(self):
        found = jmid_nlp.evaluate(gold_rows(), made_rows(), by="institution", bootstrap=0)
        assert found.figures["groups"]["A"]["recall"] == 0.5
        assert found.figures["groups"]["B"]["recall"] == 1
        lists = jmid_nlp.evaluate(gold_rows(), made_rows(), by="tags", bootstrap=0)
        assert {f.item: f.n for f in lists if f.scope == "group" and f.name == "recall"} == {
            "x": 26,
            "y": 13,
            "(none)": 14,
        }
        with pytest.raises(InputError, match="'ward'"):
            jmid_nlp.evaluate(gold_rows(), made_rows(), by="ward")

    def test_records_of_the_library_are_rows(self):
        found = jmid_nlp.extract(["右肺に結節を認めます。", "胸水はありません。"])
        rows = [json.loads(json.dumps({"id": e.report_id, "findings": [
            {"start": f.start, "end": f.end, "certainty": f.certainty} for f in e.findings]})) for e in found]  # fmt: skip
        result = jmid_nlp.evaluate(rows, found, bootstrap=0)
        assert (result.kind, result.figures["f1"], result.figures["every"]) == ("findings", 1, 1)

    def test_it_shows_itself_and_turns_into_tables(self):
        found = jmid_nlp.evaluate(gold_rows(), made_rows(), bootstrap=20)
        assert "recall 0.750" in repr(found)
        assert "<svg" in found._repr_html_()
        frame = found.to_pandas()
        assert frame[(frame.scope == "overall") & (frame.name == "recall")].value.item() == 0.75
        assert len(found[:2]) == 2


class TestInput:
    def test_missing_and_unknown_ids_are_named(self):
        made = [*made_rows()[1:], {"id": "other", "spans": []}]
        found = jmid_nlp.evaluate(gold_rows(), made, bootstrap=0)
        assert found.reports == 40
        assert [(f["id"], f["reason"]) for f in found.failed] == [
            ("r0", "is missing in the predictions; scored as nothing predicted"), ("other", "is not in gold; not scored"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("spoilt", "field"),
        [({"spans": None, "text": "別"}, "text"), ({"spans": "3-6"}, "spans"), ({"spans": [name(3, 99)]}, "spans[0]"),
         ({"spans": [{"start": 1}]}, "spans[0]"), ({"spans": [name(6, 3)]}, "spans[0]"), ({"spans": [SECRET]}, "spans[0]")],
    )  # fmt: skip
    def test_a_bad_prediction_is_one_of_nothing(self, spoilt, field):
        made = made_rows()
        made[1] = {"id": "r1", "text": gold_rows()[1]["text"], **spoilt}
        found = jmid_nlp.evaluate(gold_rows(), made, bootstrap=0)
        assert [(f["side"], f["id"], f["field"]) for f in found.failed] == [("predicted", "r1", field)]
        assert SECRET not in str(found.failed)
        assert found.figures["recall"] == 29 / 40

    def test_a_bad_gold_row_is_left_out(self):
        gold = gold_rows()
        gold[1] = {**gold[1], "spans": [name(3, 99)]}
        gold[2].pop("text")
        found = jmid_nlp.evaluate(gold, made_rows(), bootstrap=0)
        assert found.reports == 38
        assert {(f["id"], f["field"]) for f in found.failed} == {("r1", "spans[0]"), ("r2", "text")}

    @pytest.mark.parametrize("bad", [{"sizes_mm": [["big"]]}, {"sizes_mm": 5}, {"image_refs": ["3/12"]}])
    def test_attributes_of_another_form(self, bad):
        finding = {"start": 0, "end": 1, "certainty": "positive"}
        good = [{"id": "a", "findings": [{**finding, "sizes_mm": [], "image_refs": []}]}]
        found = jmid_nlp.evaluate(good, [{"id": "a", "findings": [{**finding, **bad}]}], bootstrap=0)
        assert found.failed[0]["field"] == f"findings[0].{next(iter(bad))}"

    def test_the_kind_must_be_clear(self):
        both = [{"id": "a", "text": "結節", "entities": [], "findings": []}]
        with pytest.raises(InputError, match="--kind"):
            jmid_nlp.evaluate(both, both)
        assert jmid_nlp.evaluate(both, both, kind="findings").kind == "findings"
        with pytest.raises(InputError, match="gold: findings; predicted: identifiers"):
            jmid_nlp.evaluate([{"id": "a", "findings": []}], [{"id": "a", "spans": []}])
        with pytest.raises(InputError, match="no id in common"):
            jmid_nlp.evaluate(gold_rows(), [{"id": "z", "spans": []}])
        with pytest.raises(InputError, match="kind one of"):
            jmid_nlp.evaluate(both, both, kind="names")

    def test_annotation_files(self, tmp_path):
        """brat, PRISM, CoNLL and Doccano of the same two texts give the same figures."""
        spans = (TextSpan(0, 2, "a", "T1"), TextSpan(3, 5, "d", "T2", (("certainty", "positive"),)))
        gold = [
            TextDocument("one", "右肺に結節あり", spans),
            TextDocument("two", "胸水なし", (TextSpan(0, 2, "d", "T1"),)),
        ]
        made = [TextDocument("one", "右肺に結節あり", spans[:1]), gold[1]]
        sides = {}
        for side, documents in (("gold", gold), ("made", made)):
            write_brat(documents, tmp_path / f"{side}_brat")
            write_prism(documents, tmp_path / f"{side}.xml")
            write_conll(
                documents, tmp_path / f"{side}.conll", tokens=lambda text: [(n, n + 1) for n in range(len(text))]
            )
            write(tmp_path / f"{side}.jsonl", [{"id": d.doc_id, "text": d.text, "label": [[s.start, s.end, s.label] for s in d.spans]}
                                               for d in documents])  # fmt: skip
            sides[side] = [tmp_path / f"{side}{form}" for form in ("_brat", ".xml", ".conll", ".jsonl")]
        for mine, theirs in zip(sides["gold"], sides["made"], strict=True):
            found = jmid_nlp.evaluate(mine, theirs, bootstrap=0)
            assert (found.kind, found.reports, found.failed) == ("entities", 2, ()), mine
            assert found.figures["exact_recall"] == pytest.approx(2 / 3, abs=1e-6), mine

    def test_labels_that_are_categories_make_identifiers(self, tmp_path):
        document = TextDocument("one", "患者 山本様", (TextSpan(3, 5, "PERSON", "T1"),))
        write_brat([document], tmp_path / "gold")
        found = jmid_nlp.evaluate(tmp_path / "gold", [{"id": "one", "spans": [name(3, 5)]}], bootstrap=0)
        assert (found.kind, found.figures["recall"]) == ("identifiers", 1)


class TestVerb:
    def files(self, tmp_path, gold=None, made=None):
        return [
            str(write(tmp_path / "gold.jsonl", gold or gold_rows())),
            str(write(tmp_path / "made.jsonl", made or made_rows())),
        ]

    def run(self, tmp_path, *options, **rows):
        out = tmp_path / "report"
        arguments = ["evaluate", *self.files(tmp_path, **rows), "-o", str(out), "--bootstrap", "50", *options]
        return CliRunner().invoke(app, arguments), out

    def test_report(self, tmp_path):
        result, out = self.run(tmp_path, "--by", "institution")
        assert result.exit_code == 0, result.output
        assert sorted(p.name for p in out.iterdir()) == ["errors.jsonl", "figures.json", "index.html", "report.md"]
        errors = [json.loads(line) for line in (out / "errors.jsonl").read_text(encoding="utf-8").splitlines()]
        assert errors[0] == {"id": "r0", "error": "missed", "start": 3, "end": 6, "gold": "PERSON"}
        figures = json.loads((out / "figures.json").read_text(encoding="utf-8"))["figures"]
        recall = next(f for f in figures if f["scope"] == "overall" and f["name"] == "recall")
        assert recall["low"] < recall["value"] == 0.75 < recall["high"]
        assert "| recall | 0.750 (" in (out / "report.md").read_text(encoding="utf-8")
        page = (out / "index.html").read_text(encoding="utf-8")
        assert "http://" not in page.replace("http://www.w3.org", "")
        assert "<script" not in page

    def test_text_only_where_it_is_asked_for(self, tmp_path):
        result, out = self.run(tmp_path)
        assert all(SECRET not in p.read_text(encoding="utf-8") for p in out.iterdir())
        assert SECRET not in result.output
        _, out = self.run(tmp_path, "--show-text", str(tmp_path / "gold.jsonl"))
        assert SECRET in (out / "errors.jsonl").read_text(encoding="utf-8")
        assert SECRET in (out / "index.html").read_text(encoding="utf-8")

    def test_what_is_written_is_escaped(self, tmp_path):
        gold = gold_rows(4)
        gold[0]["id"], gold[0]["institution"] = "<b>r0</b>", "<i>"
        _, out = self.run(tmp_path, "--by", "institution", gold=gold)
        page = (out / "index.html").read_text(encoding="utf-8")
        assert "<b>r0" not in page
        assert "&lt;b&gt;r0" in page
        assert "<i>" not in page

    def test_rows_that_failed_are_listed(self, tmp_path):
        result, out = self.run(tmp_path, made=made_rows()[:-1])
        assert result.exit_code == 1
        assert json.loads((out / "failed.jsonl").read_text(encoding="utf-8"))["id"] == "r39"

    def test_nothing_is_written_where_nothing_can_be_scored(self, tmp_path):
        result, out = self.run(tmp_path, "--by", "ward")
        assert result.exit_code == 2
        assert not out.exists()
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "mine.txt").write_text("keep", encoding="utf-8")
        arguments = ["evaluate", *self.files(tmp_path), "-o", str(tmp_path / "full")]
        assert CliRunner().invoke(app, arguments).exit_code == 2
        assert (tmp_path / "full" / "mine.txt").exists()

    def test_same_input_same_bytes(self, tmp_path):
        _, out = self.run(tmp_path)
        before = {p.name: p.read_bytes() for p in out.iterdir()}
        _, out = self.run(tmp_path)
        assert {p.name: p.read_bytes() for p in out.iterdir()} == before
