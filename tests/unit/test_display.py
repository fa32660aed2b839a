import re

from jmid_nlp.display import Mark, findings_table, marked_text, report_html
from jmid_nlp.schema import Finding, Identifier, Link
from jmid_nlp.tables import AuditTable, Extractions, FindingsTable, Reports


def finding(**more):
    return Finding(2, 4, "結節", "nodule", "positive", **more)


def test_text_is_escaped_and_complete():
    html = marked_text("<b>&右肺の結節</b>", [Mark(4, 6, "jmid-positive", 'a"b')])
    assert "<b>" not in html
    assert 'title="a&quot;b"' in html
    plain = re.sub(r"<[^>]+>", "", html)
    assert plain == "&lt;b&gt;&amp;右肺の結節&lt;/b&gt;"


def test_overlapping_and_impossible_marks_do_not_break_the_text():
    marks = [Mark(0, 4, "a", ""), Mark(2, 5, "b", ""), Mark(9, 99, "c", ""), Mark(3, 3, "d", "")]
    assert re.sub(r"<[^>]+>", "", marked_text("右肺に結節あり", marks)) == "右肺に結節あり"


def test_identifiers_win_over_findings():
    phi = Identifier(0, 4, "PERSON", "patient", 1.0, "known")
    html = report_html("山本結節", identifiers=[phi], extraction=Extractions([])[:0] or None)
    assert "jmid-phi" in html


def test_table_links_to_the_words_and_names_the_annotation():
    html = findings_table([finding(sizes_mm=((12.0, 8.0),))], links=[Link(2, 4, "A1", 0.93, ("size",))], prefix="r0-")
    assert 'href="#r0-f0"' in html
    assert "12 × 8 mm" in html
    assert "A1 (0.93: size)" in html


def test_tables_show_themselves_and_turn_into_arrow():
    table = FindingsTable([finding(laterality="right")])
    assert "right" in table._repr_html_()
    assert table.to_arrow().column("laterality").to_pylist() == ["right"]
    assert table.to_pandas().loc[0, "concept"] == "nodule"
    assert repr(table) == "FindingsTable(1 findings)"
    assert "2 rows failed" in repr(Reports([], failed=[{}, {}]))
    assert AuditTable([{"action": "tag"}])._repr_html_().count("<td>") == 1
