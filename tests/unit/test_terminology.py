"""Terminologies from a user's own files: tiny invented ones in the forms that the real ones have."""

from __future__ import annotations

import json
import pickle

import pytest
from typer.testing import CliRunner

import jmid_nlp
from jmid_nlp.cli import app
from jmid_nlp.errors import FileFormatError
from jmid_nlp.findings.extract import Extractor
from jmid_nlp.findings.overlay import synonyms
from jmid_nlp.terminology import Entry, read_icd10, read_radlex

MASTER = [
    "0,90000001,肺癌,ハイガン,1,AAAA,Z909,,",
    "0,90000002,胆嚢結石,タンノウケッセキ,1,AAAB,Z812,,",
    "0,90000003,脂肪肝,シボウカン,1,AAAC,Z70,,",
    "0,90000004,架空病,カクウビョウ,1,AAAD,Z701*,,",
]
INDEX = ["1,1,肺部がん腫,90000001", "1,2,肺の上皮性悪性新生物,90000001", "1,3,脂肪変性肝,90000003"]
OWL = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:owl="http://www.w3.org/2002/07/owl#"
  xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" xmlns="http://example.org/RID/">
  <owl:Class rdf:about="http://example.org/RID/RID90001"><rdfs:label xml:lang="en">nodule</rdfs:label>
    <Synonym>coin shape</Synonym><rdfs:subClassOf><owl:Class rdf:about="http://example.org/RID/RID1"/></rdfs:subClassOf>
  </owl:Class>
  <owl:Class rdf:ID="RID90002"><rdfs:label>gone</rdfs:label><owl:deprecated>true</owl:deprecated></owl:Class>
  <owl:Class rdf:ID="RID90003"><Preferred_name>shadow of a shade</Preferred_name></owl:Class>
</rdf:RDF>
"""
TABLE = (
    "Class ID,Preferred Label,Synonyms,Obsolete\n"
    "http://example.org/RID/RID90001,nodule,coin shape|結節状の影,false\n"
    "http://example.org/RID/RID90002,gone,,true\n"
)


@pytest.fixture
def write(tmp_path):
    def file(name, lines, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(("\n".join(lines) if isinstance(lines, list) else lines).encode(encoding))
        return path

    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_master_without_heading(write, encoding):
    found = read_icd10(write("nmain.txt", MASTER, encoding), index=write("nindex.txt", INDEX, encoding))
    assert found.system == "ICD-10"
    assert found.entries[0] == Entry("Z90.9", ("肺癌", "肺部がん腫", "肺の上皮性悪性新生物"))
    assert [e.code for e in found.entries] == ["Z90.9", "Z81.2", "Z70", "Z70.1"]


def test_master_with_heading_and_tabs(write):
    lines = ["病名管理番号\tICD10-2003\t病名表記\t同義語", "90000001\tZ909\t肺癌\t肺部がん腫|肺悪性腫瘍"]
    found = read_icd10(write("master.tsv", lines))
    assert found.entries == (Entry("Z90.9", ("肺癌", "肺部がん腫", "肺悪性腫瘍")),)


def test_columns_by_hand(write):
    path = write("odd.csv", ["a,肺癌,x,Z909", "b,脂肪肝,y,Z70"])
    assert [e.names[0] for e in read_icd10(path, columns={"name": 1, "icd10": 3}).entries] == ["肺癌", "脂肪肝"]


@pytest.mark.parametrize(("name", "text"), [("r.owl", OWL), ("r.csv", TABLE)])
def test_radlex(write, name, text):
    found = read_radlex(write(name, text))
    assert found.system == "RadLex"
    assert found.entries[0].code == "RID90001"
    assert found.entries[0].names[:2] == ("nodule", "coin shape")
    assert "RID90002" not in [e.code for e in found.entries]


def test_findings_get_codes_and_synonyms_are_known(write):
    icd = read_icd10(write("nmain.txt", MASTER), index=write("nindex.txt", INDEX))
    radlex = read_radlex(write("r.csv", TABLE))
    text = "右上葉に結節状の影を認め、肺部がん腫を疑う。胆嚢結石、脂肪変性肝あり。胸水なし。"
    plain = {f.text: f for f in jmid_nlp.extract([text])[0].findings}
    assert "肺部がん腫" not in plain or plain["肺部がん腫"].concept is None
    found = {f.text: f for f in jmid_nlp.extract([text], terminologies=[icd, radlex])[0].findings}
    codes = {k: [(c.system, c.code) for c in f.codes] for k, f in found.items()}
    assert codes == {
        "結節状の影": [("RadLex", "RID90001")],
        "肺部がん腫": [("ICD-10", "Z90.9")],
        "結石": [("ICD-10", "Z81.2")],
        "脂肪変性肝": [("ICD-10", "Z70")],
        "胸水": [],
    }
    assert found["肺部がん腫"].concept == "lung_cancer"
    assert found["結石"].why["codes"].endswith("name")


def test_synonyms_of_two_concepts_are_left_out(write):
    path = write("two.csv", ["病名,ICD10,同義語", "結節,Z10,丸いもの", "胸水,Z11,丸いもの"])
    assert synonyms([read_icd10(path)]) == {}


def test_nothing_is_shipped_nor_kept():
    assert Extractor().terminologies == ()
    assert all(f.codes == () for f in jmid_nlp.extract(["肺癌、脂肪肝を認める。"])[0].findings)


def test_an_extractor_with_terminologies_travels(write):
    run = Extractor(terminologies=(read_icd10(write("nmain.txt", MASTER)),))
    again = pickle.loads(pickle.dumps(run))
    assert again("脂肪肝を認める。", "r") == run("脂肪肝を認める。", "r")


BAD = [
    ("empty.csv", "", "empty"),
    ("names.csv", "肺癌,ハイガン\n脂肪肝,シボウカン", "no column of ICD-10 codes"),
    ("codes.csv", "Z909,1\nZ701,2", "no column of disease names"),
    ("none.csv", "病名,ICD10\n肺癌,\n", "no row holds both"),
    ("latin.csv", b"\xff\xfe\x81\xff\x00", "neither in UTF-8 nor in Shift_JIS"),
]


@pytest.mark.parametrize(("name", "data", "message"), BAD)
def test_errors_of_a_master_name_the_file_and_the_way_out(tmp_path, name, data, message):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(FileFormatError, match=message) as caught:
        read_icd10(path)
    assert name in str(caught.value)
    assert "肺癌" not in str(caught.value)


def test_errors_of_an_index(write):
    master = write("nmain.txt", MASTER)
    with pytest.raises(FileFormatError, match="none of its numbers"):
        read_icd10(master, index=write("other.txt", ["1,1,別の語,80000001"]))
    with pytest.raises(FileFormatError, match="eight digits"):
        read_icd10(master, index=write("words.txt", ["語,別の語"]))
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_icd10(master.with_name("missing.csv"))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("broken.owl", "<rdf:RDF", "broken XML in line 1"),
        ("other.owl", "<a xmlns:owl='x'><owl:Class/></a>", "no class with an id like RID1234"),
        ("heads.csv", "a,b\n1,2", "'Class ID'"),
    ],
)
def test_errors_of_radlex(write, name, text, message):
    with pytest.raises(FileFormatError, match=message):
        read_radlex(write(name, text))


def test_command_line(write, tmp_path):
    rows = write("in.jsonl", json.dumps({"id": "1", "text": "脂肪肝を認める。3か月後のCTをお勧めします。"}))
    out = tmp_path / "out.jsonl"
    master = str(write("nmain.txt", MASTER))
    done = CliRunner().invoke(app, ["extract", str(rows), "-o", str(out), "--icd10", master, "--explain"])
    assert done.exit_code == 0, done.output
    row = json.loads(out.read_text())
    finding = row["findings"][0]
    assert finding["codes"] == [{"system": "ICD-10", "code": "Z70"}]
    assert finding["recommendation"][0]["interval_days"] == [90, 90]
    assert {"codes", "recommendation"} <= finding["why"].keys()
    assert row["recommendation"] == []
    bad = CliRunner().invoke(app, ["extract", str(rows), "-o", str(out), "--icd10-index", master])
    assert bad.exit_code == 2
    bad = CliRunner().invoke(app, ["extract", str(rows), "-o", str(out), "--radlex", str(tmp_path / "no.owl")])
    assert bad.exit_code == 2
    assert "no.owl" in bad.output
