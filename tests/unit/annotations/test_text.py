"""Annotated texts: each format written and read back, how offsets are counted, and wrong files."""

from __future__ import annotations

import json

import pytest

from jmid_nlp.annotations.brat import read_brat, write_brat
from jmid_nlp.annotations.conll import read_conll, write_conll
from jmid_nlp.annotations.prism import read_prism, write_prism
from jmid_nlp.annotations.read_text import read_text_annotations
from jmid_nlp.annotations.text import TextDocument, TextRelation, TextSpan
from jmid_nlp.errors import FileFormatError
from jmid_nlp.text.docbin import write_docbin

TEXT = "右肺上葉に<5mm & 𠮷の結節。\r\n胸水なし。\n"
SPANS = (
    TextSpan(0, 4, "a", "s1"),
    TextSpan(TEXT.index("結節"), TEXT.index("結節") + 2, "d", "s2", (("certainty", "positive"),)),
    TextSpan(TEXT.index("胸水"), TEXT.index("胸水") + 2, "d", "s3", (("certainty", "negative"),)),
)
DOCUMENT = TextDocument("doc1", TEXT, SPANS, (TextRelation("at", (("Arg1", "s2"), ("Arg2", "s1")), "R1"),))


def plain(document):
    return document.text, [(s.start, s.end, s.label, s.attributes) for s in document.spans]


def test_brat_both_ways(tmp_path):
    write_brat([DOCUMENT], tmp_path)
    (back,) = read_text_annotations(tmp_path)
    assert plain(back) == plain(DOCUMENT)
    assert back.relations == (TextRelation("at", (("Arg1", "T2"), ("Arg2", "T1")), "R1"),)
    write_brat([back], tmp_path / "again")
    assert (tmp_path / "again/doc1.ann").read_bytes() == (tmp_path / "doc1.ann").read_bytes()


@pytest.mark.parametrize("unit", ["points", "crlf", "utf16", "bytes", "bom"])
def test_brat_offsets_in_any_unit(tmp_path, unit):
    def count(position):
        before = TEXT[:position]
        return {
            "points": len(before), "crlf": len(before.replace("\r\n", "\n")), "utf16": len(before.encode("utf-16-le")) // 2,
            "bytes": len(before.encode()), "bom": len(before) + 1,
        }[unit]  # fmt: skip

    (tmp_path / "x.txt").write_bytes((b"\xef\xbb\xbf" if unit == "bom" else b"") + TEXT.encode())
    lines = [
        f"T{n}\t{s.label} {count(s.start)} {count(s.end)}\t{TEXT[s.start : s.end]}" for n, s in enumerate(SPANS, 1)
    ]
    (tmp_path / "x.ann").write_text("\n".join(lines), "utf-8")
    assert [(s.start, s.end) for s in read_brat(tmp_path / "x.ann").spans] == [(s.start, s.end) for s in SPANS]


def test_brat_discontinuous_spans_events_and_notes(tmp_path):
    (tmp_path / "x.txt").write_text("肝および腎に嚢胞", "utf-8")
    ann = "T1\td 0 1;6 8\t肝 嚢胞\nT2\td 4 8\t腎に嚢胞\nE1\tSize:T2 Of:T1\nA1\tcertain T1\nM1\tlevel T2 high\n#1\tAnnotatorNotes T1\tnote\n*\tEquiv T1 T2\n"
    (tmp_path / "x.ann").write_text(ann, "utf-8")
    document = read_brat(tmp_path / "x.ann")
    assert document.spans[0].fragments == ((0, 1), (6, 8))
    assert document.spans[0].attributes == (("certain", "true"),)
    assert document.spans[1].attributes == (("level", "high"),)
    assert document.relations[0].arguments == (("trigger", "T2"), ("Of", "T1"))
    assert len(document.notes) == 2
    write_brat([document], tmp_path / "out")
    assert plain(read_brat(tmp_path / "out/x.ann")) == plain(document)
    assert read_brat(tmp_path / "out/x.ann").notes == document.notes


@pytest.mark.parametrize(
    ("ann", "element"),
    [
        ("T1\td 0 2\t結節\n", "offsets"),
        ("T1\td 3 1\tx\n", "line 1"),
        ("hello\n", "line 1"),
        ("T1\td 0 99\t肝\n", "offsets"),
    ],
)
def test_brat_refuses_what_does_not_fit(tmp_path, ann, element):
    (tmp_path / "x.txt").write_text("肝に嚢胞", "utf-8")
    (tmp_path / "x.ann").write_text(ann, "utf-8")
    with pytest.raises(FileFormatError, match=f"x.ann, {element}"):
        read_brat(tmp_path / "x.ann")


def test_brat_without_its_text(tmp_path):
    (tmp_path / "x.ann").write_text("", "utf-8")
    with pytest.raises(FileFormatError, match=r"x\.txt, file: does not exist"):
        read_brat(tmp_path / "x.ann")


def test_prism_both_ways(tmp_path):
    losses = write_prism([DOCUMENT], tmp_path / "x.dat")
    assert [loss.reason for loss in losses] == ["relations have no place"]
    (back,) = read_text_annotations(tmp_path / "x.dat")
    assert back.doc_id == "doc1"
    assert back.spans == tuple(DOCUMENT.spans)
    assert back.text == TEXT


def test_prism_nesting_order_and_corrections(tmp_path):
    xml = '<articles><article id="1">右<d certainty="positive"><a>肺</a>結<c correction="縦隔">縦膈</c>節</d>と&lt;5mm</article></articles>'
    (document,) = read_prism(tmp_path / "x.xml", xml)
    assert document.text == "右肺結縦膈節と<5mm"
    assert [(s.label, document.text[s.start : s.end]) for s in document.spans] == [
        ("d", "肺結縦膈節"),
        ("a", "肺"),
        ("c", "縦膈"),
    ]
    assert document.spans[2].attributes == (("correction", "縦隔"),)


def test_prism_names_crossing_spans(tmp_path):
    document = TextDocument("x", "肝腎脾", (TextSpan(0, 2, "a", "one"), TextSpan(1, 3, "d", "two")))
    (loss,) = write_prism([document], tmp_path / "x.xml")
    assert (loss.element, loss.reason) == ("two", "crosses another span; left out")
    assert [s.span_id for s in read_prism(tmp_path / "x.xml")[0].spans] == ["one"]


@pytest.mark.parametrize("xml", ["<article>結<d>節</article>", '<!DOCTYPE x [<!ENTITY a "b">]><article>&a;</article>'])
def test_prism_refuses_broken_files(tmp_path, xml):
    with pytest.raises(FileFormatError):
        read_prism(tmp_path / "x.xml", xml)


def test_conll_both_ways(tmp_path):
    losses = write_conll([DOCUMENT, DOCUMENT], tmp_path / "x")
    assert {loss.reason for loss in losses} == {"attributes have no place", "relations have no place"}
    back = read_text_annotations(tmp_path / "x")
    assert [d.text for d in back] == [TEXT, TEXT]
    assert [(s.start, s.end, s.label) for s in back[0].spans] == [(s.start, s.end, s.label) for s in SPANS]


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        (["B-d", "I-d", "O", "B-a"], [(0, 2, "d"), (3, 4, "a")]),
        (["I-d", "I-d", "O", "I-a"], [(0, 2, "d"), (3, 4, "a")]),
        (["B-d", "B-d", "I-a", "I-a"], [(0, 1, "d"), (1, 2, "d"), (2, 4, "a")]),
        (["B-d", "E-d", "S-a", "S-a"], [(0, 2, "d"), (2, 3, "a"), (3, 4, "a")]),
    ],
)
def test_conll_tag_schemes(tmp_path, tags, spans):
    (document,) = read_conll(tmp_path / "x", "".join(f"{c}\t{t}\n" for c, t in zip("肝腎脾胃", tags, strict=True)))
    assert document.text == "肝腎脾胃"
    assert [(s.start, s.end, s.label) for s in document.spans] == spans


def test_conll_by_tokens_names_widened_spans(tmp_path):
    document = TextDocument("x", "左右副腎", (TextSpan(0, 1, "a", "left"),))
    (loss,) = write_conll([document], tmp_path / "x", tokens=lambda text: [(0, 2), (2, 4)])
    assert loss.reason == "widened to whole tokens"
    assert read_conll(tmp_path / "x")[0].spans[0].end == 2


def test_conll_without_tags_is_refused(tmp_path):
    with pytest.raises(FileFormatError, match="line 1"):
        read_conll(tmp_path / "x", "only words here\n")


def test_docbin_both_ways(tmp_path):
    nested = TextSpan(2, 4, "a", "s4")
    document = TextDocument("doc1", TEXT, tuple(sorted([*SPANS, nested], key=lambda s: (s.start, -s.end))))
    moved = write_docbin([document], tmp_path / "x.bin")
    (back,) = read_text_annotations(tmp_path / "x.bin")
    assert back.doc_id == "doc1"
    assert back.text == TEXT
    assert back.spans == document.spans
    assert all(reason for _, _, reason in moved)


def test_docbin_names_moved_spans(tmp_path):
    document = TextDocument("x", "左右副腎に結節", (TextSpan(0, 1, "a", "left"),))
    assert write_docbin([document], tmp_path / "x.spacy") == [("x", "left", "widened to whole tokens")]
    assert read_text_annotations(tmp_path / "x.spacy")[0].spans == document.spans


def test_docbin_of_others(tmp_path):
    import spacy
    from spacy.tokens import DocBin

    doc = spacy.blank("xx").make_doc("nodule in lung")
    doc.set_ents([doc.char_span(0, 6, label="d")])
    (tmp_path / "o").write_bytes(DocBin(docs=[doc]).to_bytes())
    (back,) = read_text_annotations(tmp_path / "o")
    assert plain(back) == ("nodule in lung", [(0, 6, "d", ())])


def test_doccano(tmp_path):
    rows = [
        {"id": 4, "text": "肝に嚢胞", "label": [[2, 4, "d"]]},
        {"id": 5, "text": "肝に嚢胞", "entities": [{"id": 1, "label": "a", "start_offset": 0, "end_offset": 1}, {"id": 2, "label": "d", "start_offset": 2, "end_offset": 4}],
         "relations": [{"id": 9, "type": "at", "from_id": 2, "to_id": 1}]},
    ]  # fmt: skip
    (tmp_path / "x").write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), "utf-8")
    one, two = read_text_annotations(tmp_path / "x")
    assert plain(one) == ("肝に嚢胞", [(2, 4, "d", ())])
    assert [s.span_id for s in two.spans] == ["1", "2"]
    assert two.relations[0].arguments == (("from", "2"), ("to", "1"))
    (tmp_path / "x").write_text('{"text": "肝", "label": [[0, 9, "d"]]}', "utf-8")
    with pytest.raises(FileFormatError, match="line 1, entity 0"):
        read_text_annotations(tmp_path / "x")


def test_label_studio_counts_in_utf16(tmp_path):
    text = "𠮷病院、肝に嚢胞"
    value = {"start": 7, "end": 9, "text": "嚢胞", "labels": ["d"]}
    task = {
        "id": 3,
        "data": {"text": text},
        "annotations": [
            {"result": [{"id": "r", "type": "labels", "value": value}]},
            {"was_cancelled": True, "result": []},
        ],
    }
    (tmp_path / "x").write_text(json.dumps([task]), "utf-8")
    (document,) = read_text_annotations(tmp_path / "x")
    assert [(s.label, text[s.start : s.end]) for s in document.spans] == [("d", "嚢胞")]
    value["text"] = "結節"
    (tmp_path / "x").write_text(json.dumps([task]), "utf-8")
    with pytest.raises(FileFormatError, match=r"\[0\]\.annotations\[0\]"):
        read_text_annotations(tmp_path / "x")


def test_a_mixed_folder_collects_problems(tmp_path):
    write_brat([DOCUMENT], tmp_path)
    write_prism([DOCUMENT], tmp_path / "p.dat")
    write_docbin([DOCUMENT], tmp_path / "q.dat")
    (tmp_path / "z.dat").write_bytes(b"\xff\xfe")
    problems = []
    assert len(read_text_annotations(tmp_path, problems)) == 3
    assert [str(p).split(",")[0] for p in problems] == ["z.dat"]
    with pytest.raises(FileFormatError):
        read_text_annotations(tmp_path)
