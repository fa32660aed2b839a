"""What each kind counts, worked by hand."""

import random

import pytest
from nervaluate import Evaluator

import jmid_nlp
from jmid_nlp.evaluation.tnm import stage

TEXT = "患者 山本 花子 様 2024/3/5 橋本病にて当院へ。"


def span(start, end, **more):
    return {"start": start, "end": end, **more}


def scored(kind, gold, made):
    rows = [{"id": str(n), "text": TEXT, **g} for n, g in enumerate(gold)]
    found = jmid_nlp.evaluate(rows, [{"id": str(n), **m} for n, m in enumerate(made)], kind=kind, bootstrap=0)
    return found, found.figures


class TestIdentifiers:
    NAME, DAY = span(3, 8, category="PERSON"), span(11, 19, category="DATE")

    def test_letters_and_digits_must_be_covered_and_nothing_else(self):
        """The blank inside a name need not be masked, the last letter must."""
        parts = [span(3, 5, category="PERSON"), span(6, 8, category="PERSON")]
        assert scored("identifiers", [{"spans": [self.NAME]}], [{"spans": parts}])[1]["recall"] == 1
        short, figures = scored("identifiers", [{"spans": [self.NAME]}], [{"spans": [span(3, 7, category="PERSON")]}])
        assert figures["recall"] == figures["reports_without_leak"] == 0
        assert short.errors_by_kind() == {"partly caught": 1}

    def test_another_category_is_caught_all_the_same(self):
        found, figures = scored(
            "identifiers", [{"spans": [self.NAME, self.DAY]}], [{"spans": [span(2, 9, category="ID"), self.DAY]}]
        )
        assert (figures["recall"], figures["precision"], figures["category_right"]) == (1, 1, 0.5)
        assert figures["exact_f1"] == 0.5
        assert found.confusion["category"] == {"DATE": {"DATE": 1}, "PERSON": {"ID": 1}}
        assert [(e["error"], e["start"], e["predicted"]) for e in found.errors] == [("category", 3, "ID")]

    def test_what_must_be_kept_and_what_is_ignored(self):
        disease = span(20, 23, why="disease")
        gold = [{"spans": [], "keep": [disease], "ignore": [[25, 27]]}]
        wrong, figures = scored("identifiers", gold, [{"spans": [span(20, 22, category="PERSON")]}])
        assert (figures["kept"], figures["precision"], figures["recall"]) == (0, 0, None)
        assert wrong.errors_by_kind() == {"spurious": 1, "not kept": 1}
        _, figures = scored("identifiers", gold, [{"spans": [span(25, 27, category="FACILITY")]}])
        assert (figures["kept"], figures["precision"]) == (1, None)

    def test_reports_without_identifiers_do_not_count_as_clean(self):
        gold = [{"spans": []}, {"spans": [self.NAME]}, {"spans": [self.NAME, self.DAY]}]
        made = [{"spans": []}, {"spans": [self.NAME]}, {"spans": [self.NAME]}]
        assert scored("identifiers", gold, made)[1]["reports_without_leak"] == 0.5


class TestEntities:
    def test_kinds_of_error(self):
        gold = [span(0, 2, type="d"), span(3, 5, type="a"), span(6, 8, type="d"), span(10, 12, type="d")]
        made = [
            span(0, 2, type="d"),
            span(3, 5, type="d"),
            span(6, 9, type="d"),
            span(14, 16, type="a"),
            span(0, 2, type="p"),
        ]
        found, figures = scored("entities", [{"entities": gold}], [{"entities": made}])
        assert found.errors_by_kind() == {"type": 1, "boundary": 1, "missed": 1, "spurious": 1}
        assert figures["exact_f1"] == 0.25
        assert found.unscored == {"p": 1}
        assert figures["types"]["d"]["overlap_recall"] == pytest.approx(2 / 3)

    def test_certainty_of_diseases_that_overlap(self):
        gold = [span(0, 2, type="d", attr="positive"), span(3, 5, type="d", attr="negative"), span(6, 8, type="d", attr="negative"),
                span(9, 11, type="d", attr="suspicious", attr_sure=False), span(12, 14, type="d", attr="positive")]  # fmt: skip
        made = [span(0, 3, type="d", attr="positive"), span(3, 5, type="d"), span(6, 8, type="d", attr="negative"),
                span(9, 11, type="d", attr="positive")]  # fmt: skip
        found, figures = scored("entities", [{"entities": gold}], [{"entities": made}])
        assert found.confusion["certainty"] == {"positive": {"positive": 1}, "negative": {"negative": 1, "–": 1}}
        assert figures["certainty_accuracy"] == pytest.approx(2 / 3)
        assert figures["certainty_macro_f1"] == pytest.approx((1 + 2 / 3) / 2)

    def test_other_schemes_are_summed_over_all_their_types(self):
        gold, made = [span(0, 2, type="Lesion"), span(3, 5, type="Organ")], [span(0, 2, type="Lesion")]
        assert scored("entities", [{"entities": gold}], [{"entities": made}])[1]["exact_recall"] == 0.5

    def test_exact_agrees_with_nervaluate(self):
        chance = random.Random(0)
        sides = [[], []]
        for _ in range(40):
            for side in sides:
                starts = sorted(chance.sample(range(0, 24, 2), 6))
                side.append(
                    [span(s, s + chance.choice([1, 2]), type=chance.choice(["d", "a", "timex3"])) for s in starts]
                )
        _, ours = scored("entities", *([{"entities": e} for e in side] for side in sides))
        # theirs has inclusive ends
        theirs = Evaluator(
            *([[{**e, "end": e["end"] - 1, "label": e["type"]} for e in row] for row in side] for side in sides),
            tags=["d", "a", "timex3"], loader="dict",
        ).evaluate()["overall"]["strict"]  # fmt: skip
        assert 0 < ours["exact_f1"] < 1
        for mine, name in (("exact_precision", "precision"), ("exact_recall", "recall"), ("exact_f1", "f1")):
            assert ours[mine] == pytest.approx(getattr(theirs, name), abs=1e-6)


class TestFindings:
    def finding(self, start, end, **more):
        base = {
            "certainty": "positive",
            "locations": [span(0, 2)],
            "laterality": None,
            "sizes_mm": [],
            "multiple": False,
        }
        return span(start, end, **base | more)

    def test_each_attribute_of_a_detected_finding(self):
        gold = [
            self.finding(3, 5, laterality="left", sizes_mm=[[12, 8.04], [5]]),
            self.finding(10, 12, certainty="negative"),
        ]
        made = [self.finding(3, 6, laterality="null", sizes_mm=[[5.0], [8, 12.0]]), self.finding(14, 16)]
        found, figures = scored("findings", [{"findings": gold}], [{"findings": made}])
        assert (figures["recall"], figures["precision"], figures["f1"]) == (0.5, 0.5, 0.5)
        assert (figures["laterality"], figures["sizes"], figures["location"], figures["every"]) == (0, 1, 1, 0)
        assert "historical" not in figures  # the gold has no such column
        assert found.confusion["laterality"] == {"left": {"–": 1}}
        assert found.errors_by_kind() == {"laterality": 1, "missed": 1, "spurious": 1}

    def test_a_predicted_finding_is_taken_once(self):
        gold, made = [self.finding(3, 5), self.finding(4, 7)], [self.finding(3, 7)]
        assert scored("findings", [{"findings": gold}], [{"findings": made}])[1]["recall"] == 0.5

    def test_a_site_too_many_is_wrong_only_where_there_is_none(self):
        gold, made = [self.finding(3, 5, locations=[])], [self.finding(3, 5)]
        assert scored("findings", [{"findings": gold}], [{"findings": made}])[1]["location"] == 0
        two = [self.finding(3, 5, locations=[span(0, 2), span(8, 9)])]
        assert scored("findings", [{"findings": made}], [{"findings": two}])[1]["location"] == 1

    def test_ignored_findings_count_neither_way(self):
        _, figures = scored("findings", [{"findings": [], "ignore": [[3, 5]]}], [{"findings": [self.finding(4, 6)]}])
        assert figures["precision"] is None


class TestTnm:
    @pytest.mark.parametrize(
        ("component", "value", "wanted"),
        [("T", "T1c", "T1"), ("T", "Tis", "T1"), ("T", None, "T0"), ("T", "E", "T4"), ("N", "N3", "N3"), ("N", "D", "N3"),
         ("M", "M1c", "M1"), ("M", "", "M0"), ("T", "T4", "T4"), ("T", "cT2a", "T2")],
    )  # fmt: skip
    def test_main_category(self, component, value, wanted):
        assert stage(component, value) == wanted

    def test_kappa_by_component_and_of_all(self):
        gold = [
            {"T": "B", "N": "A", "M": "A"},
            {"T": "B", "N": "C", "M": "A"},
            {"T": "D", "N": "A", "M": "B"},
            {"T": "D", "N": "C", "M": "A"},
        ]
        made = [{"tnm": {"T": "T1a", "N": "N0", "M": "M0"}}, {"tnm": {"T": "T3", "N": "N2", "M": "M0"}}, {"tnm": {"T": "T3", "N": None, "M": "M1a"}}, {"tnm": None}]  # fmt: skip
        found, figures = scored("tnm", gold, made)
        # T: 2 of 4 right; gold 2 T1, 2 T3; predicted 1 T1, 2 T3, 1 T0: chance (2*1 + 2*2) / 16
        assert figures["types"]["T"] == {"kappa": pytest.approx((0.5 - 0.375) / (1 - 0.375)), "accuracy": 0.5}
        assert figures["types"]["M"]["kappa"] == 1
        assert (figures["accuracy"], figures["all_three_right"]) == (0.75, 0.5)
        assert found.confusion["N"] == {"N0": {"N0": 2}, "N2": {"N0": 1, "N2": 1}}


class TestAlignment:
    def test_pairs_abstention_and_findings_without_a_mark(self):
        pair = lambda start, end, mark: span(start, end, annotation_id=mark)  # noqa: E731
        gold = {
            "pairs": [pair(0, 2, "A"), pair(5, 7, "B")], "optional_pairs": [pair(10, 12, "A")],
            "unmatched_annotations": ["C", "D"], "unmatched_findings": [span(20, 22)],
        }  # fmt: skip
        made = {"pairs": [pair(10, 11, "A"), pair(5, 6, "C")], "unmatched_findings": [span(21, 23), span(5, 6)]}
        found, figures = scored("alignment", [{"gold": gold, "report": {"text": TEXT}}], [made])
        assert (figures["precision"], figures["recall"], figures["abstention"], figures["perfect"]) == (
            0.5,
            0.5,
            0.5,
            0,
        )
        assert (figures["unmatched_findings_recall"], figures["unmatched_findings_precision"]) == (1, 0.5)
        assert found.errors_by_kind() == {"missed pair": 1, "should stay alone": 1}
