"""What a notebook shows: complete and escaped text, links that lead somewhere, ids that never collide, light and dark."""

from __future__ import annotations

import pickle
import re

import pytest

import jmid_nlp
from jmid_nlp.deid.keys import Key
from jmid_nlp.display import Mark, dataset_html, findings_table, html_of, marked_text, report_html
from jmid_nlp.schema import Alignment, AnnotationRecord, Extraction, Finding, Identifier, Link, Report
from jmid_nlp.tables import Alignments, AuditTable, Extractions, FindingsTable, Reports
from jmid_nlp.view import View, anchors_of, marks_of

TEXT = "患者 山本花子様。右肺下葉S6に12mm大の結節を認め、前回8mmより増大しています。転移疑い。胸水は認めません。"


def finding(start=2, end=4, certainty="positive", **more):
    return Finding(start, end, "結節", "nodule", certainty, **more)


def plain(html):
    return re.sub(r"<[^>]+>", "", html)


def ids(html):
    return re.findall(r' id="([^"]+)"', html)


def test_text_is_escaped_and_complete():
    html = marked_text("<b>&右肺の結節</b>", [Mark(4, 6, "jmid-positive", 'a"b')])
    assert "<b>" not in html
    assert 'title="a&quot;b"' in html
    assert plain(html) == "&lt;b&gt;&amp;右肺の結節&lt;/b&gt;"


def test_overlapping_and_impossible_marks_do_not_break_the_text():
    marks = [Mark(0, 4, "a", ""), Mark(2, 5, "b", ""), Mark(9, 99, "c", ""), Mark(3, 3, "d", "")]
    assert plain(marked_text("右肺に結節あり", marks)) == "右肺に結節あり"


@pytest.mark.parametrize("where", ["text", "title", "concept", "annotation", "why", "label", "words"])
def test_whatever_holds_markup_is_escaped(where):
    bad = "<script>alert(1)</script>\"'"
    text = (bad if where == "text" else "右肺") + "結節"
    f = Finding(len(text) - 2, len(text), "結節", bad if where == "concept" else "nodule", "positive")
    if where == "words":
        f = Finding(0, 2, bad, None, "positive")
    name = bad if where == "annotation" else "A1"
    link = Link(f.start, f.end, name, 0.5, (bad if where == "why" else "size",))
    mark = AnnotationRecord(name, label=bad if where == "label" else "nodule", anatomy=bad)
    alignment = Alignment("s", (link,), (name + "2",), ((0, 1),), {name + "2": bad})
    report = Report(bad if where == "title" else "r", text)
    extraction = Extraction(report.report_id, findings=(f,))
    linked = Alignments([alignment], reports=[report], extractions=[extraction], annotations=[mark])
    manifest = {"task": bad, "splits": {bad: {"patients": 1, "reports": 1, "rows": 1}}, "labels": {bad: {bad: 1}}}
    pages = [
        html_of(report), html_of(extraction), html_of(f), html_of(alignment), linked._repr_html_(),
        Extractions([extraction], reports=[report])._repr_html_(), dataset_html(manifest | {"versions": {bad: bad}}),
    ]  # fmt: skip
    for page in pages:
        assert "<script" not in page
        assert "http" not in page


def test_identifiers_win_over_findings_and_findings_over_entities():
    phi = Identifier(0, 4, "PERSON", "patient", 1.0, "known")
    html = report_html("山本結節。結節", identifiers=[phi], extraction=Extraction("", findings=(finding(),)))
    assert html.count('class="jmid-phi"') == 2  # the text and the legend
    assert "jf0" not in html.partition("</style>")[2].partition("<table")[0]
    assert '<td class="jmid-short">結節</td>' in html  # no link to a mark that is not drawn


def test_each_row_links_to_the_words_that_it_is_about():
    html = html_of(Report("r", TEXT))
    for anchor, said in re.findall(r'<a href="#([^"]+)">([^<]+)</a>', html):
        marked = re.search(rf'<mark [^>]*id="{re.escape(anchor)}"[^>]*>([^<]+)</mark>', html)
        assert marked is not None
        assert marked.group(1) == said
    assert len(re.findall(r'<a href="#', html)) == 3
    assert ".jr0:hover" in html  # pointing at a row lights up its words


def test_findings_on_the_same_words_share_a_mark():
    view = View("右肺結節", findings=(finding(), finding(laterality="right")))
    assert anchors_of(marks_of(view, prefix="x")) == {0: "xf0", 1: "xf0"}


def test_outputs_of_one_notebook_never_share_an_id():
    report = Report("r", TEXT)
    pages = [html_of(report), html_of(report), jmid_nlp.findings(TEXT)._repr_html_()]
    found = [i for page in pages for i in ids(page)]
    assert len(found) == len(set(found)) == 9


def test_certainty_is_told_without_colour():
    html = html_of(Report("r", TEXT))
    sheet = html.partition("</style>")[0]
    for name, line in (("positive", "solid"), ("suspicious", "dashed"), ("negative", "dotted")):
        assert re.search(rf"\.jmid-{name} {{[^}}]*border-bottom: 2px {line}", sheet)
        assert f'<mark class="jmid-{name}">' in html  # the legend
    assert 'content: "\\2060?"' in sheet


def test_light_and_dark_follow_the_system_and_the_notebook():
    sheet = html_of(Report("r", TEXT)).partition("</style>")[0]
    assert "@media (prefers-color-scheme: dark)" in sheet
    assert 'body[data-jp-theme-light="false"] .jmid' in sheet
    assert "url(" not in sheet
    assert "@import" not in sheet


def test_reports_show_their_text_only_when_asked():
    report = Report("r", TEXT)
    assert "山本花子" in report._repr_html_()
    assert "山本" not in repr(report)
    assert "山本" not in repr(jmid_nlp.findings(report))
    assert "山本" not in repr(jmid_nlp.extract([report]))


def test_pickles_hold_no_raw_text():
    report = Report("r", TEXT, study_uid="1.2")
    safe = jmid_nlp.deidentify([report], policy="kamei", key=Key(bytes(range(32))))
    for source, kept in ((report, False), (safe[0], True)):
        found = jmid_nlp.extract([source])
        links = jmid_nlp.align(
            found, [AnnotationRecord("A1", source.study_uid if not kept else source.row["study_uid"])], [source]
        )
        for thing in (found, jmid_nlp.findings(source), links):
            data = pickle.dumps(thing[:1])
            assert ("右肺下葉S6に12mm" in data.decode("utf-8", "replace")) is kept
            assert len(pickle.loads(data)) == len(thing[:1])
            assert pickle.loads(data)._repr_html_()
    assert pickle.loads(pickle.dumps(jmid_nlp.extract(safe))).to_fhir() == jmid_nlp.extract(safe).to_fhir()


def test_table_links_to_the_words_and_names_the_annotation():
    html = findings_table([finding(sizes_mm=((12.0, 8.0),))], links=[Link(2, 4, "A1", 0.93, ("size",))], prefix="r0-")
    assert 'href="#r0-f0"' in html
    assert "12 × 8 mm" in html
    assert "A1 (0.93: size)" in html
    assert "推奨" not in html  # columns that are empty are left out


def test_alignments_stand_beside_the_text():
    report = Report("r", TEXT, study_uid="1.2")
    found = jmid_nlp.extract([report])
    marks = [
        AnnotationRecord("A1", "1.2", label="nodule", anatomy="right lower lobe", laterality="right", size_mm=(12.1,))
    ]
    links = jmid_nlp.align(found, marks, [report])
    html = links[:1]._repr_html_()  # a part of the table knows as much as the whole
    assert "山本花子" in html
    assert re.search(r"結節</a> ↔ <b>A1</b> nodule · right lower lobe · right · 12.1 mm", html)
    assert links.marks("r") == [(found[0].findings[0], marks[0])]
    assert "A1" in links[0]._repr_html_()


def test_tables_show_themselves_and_turn_into_arrow():
    table = FindingsTable([finding(laterality="right")])
    assert "right" in table._repr_html_()
    assert table.to_arrow().column("laterality").to_pylist() == ["right"]
    assert table.to_pandas().loc[0, "concept"] == "nodule"
    assert repr(table) == "FindingsTable(1 findings)"
    assert "2 rows failed" in repr(Reports([], failed=[{}, {}]))
    assert AuditTable([{"action": "tag"}])._repr_html_().count("<td>") == 1


def test_datasets_show_splits_and_labels():
    safe = jmid_nlp.deidentify([{"id": "1", "text": TEXT}], policy="tokumei")
    html = jmid_nlp.build_dataset(safe, jmid_nlp.extract(safe), task="classification", ratios=(1, 0, 0))._repr_html_()
    assert "Lung nodule" in html
    assert 'style="--share:1.000">1<' in html


def test_displacy_shows_every_group_in_our_colours():
    from spacy import displacy

    options = jmid_nlp.displacy_options()
    doc = jmid_nlp.load("fast")(TEXT)
    for group in ("entities", "identifiers", "findings"):
        html = displacy.render(doc, style="span", options=options | {"spans_key": group}, jupyter=False)
        labels = {span.label_ for span in doc.spans[group]}
        assert labels <= options["colors"].keys()
        assert all(options["colors"][label] in html for label in labels)
    assert "spans_key" in options
