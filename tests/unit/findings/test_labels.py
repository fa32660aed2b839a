"""Label sets: what findings make of each label, one's own sets, and the errors of wrong files."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmid_nlp.errors import LexiconError
from jmid_nlp.findings.labels import label_sets, load_label_set, shipped_sets
from jmid_nlp.schema import Certainty, Finding, SiteMention


def finding(
    text: str,
    concept: str | None = None,
    certainty: Certainty = "positive",
    *sites: str,
    sizes: tuple[tuple[float, ...], ...] = (),
    historical: bool = False,
) -> Finding:
    places = tuple(SiteMention(0, 0, site) for site in sites)
    return Finding(0, len(text), text, concept, certainty, places, sizes_mm=sizes, historical=historical)


def chexpert(*findings: Finding) -> dict[str, str]:
    return {name: value for name, value in label_sets(findings)["chexpert14"].items() if value != "absent"}


def ct_rate(*findings: Finding) -> dict[str, str]:
    return {name: value for name, value in label_sets(findings)["ct_rate18"].items() if value != "absent"}


def test_shipped_sets_have_their_labels() -> None:
    assert {"chexpert14", "ct_rate18"} <= set(shipped_sets())
    assert len(load_label_set("chexpert14").labels) == 14
    assert len(load_label_set("ct_rate18").labels) == 18


def test_strongest_mention_decides() -> None:
    effusion = [finding("胸水", "pleural_effusion", c) for c in ("negative", "suspicious", "positive")]
    assert ct_rate(effusion[0]) == {"Pleural effusion": "negative"}
    assert ct_rate(*effusion[:2]) == {"Pleural effusion": "uncertain"}
    assert ct_rate(*effusion) == {"Pleural effusion": "positive"}


def test_site_decides_what_a_nodule_is() -> None:
    assert ct_rate(finding("結節", "nodule", "positive", "right_upper_lobe")) == {"Lung nodule": "positive"}
    assert ct_rate(finding("結節", "nodule", "positive", "thyroid")) == {}
    assert ct_rate(finding("結節", "nodule")) == {}


def test_site_decides_whose_calcification_it_is() -> None:
    assert ct_rate(finding("石灰化", "calcification", "positive", "coronary_artery")) == {
        "Coronary artery wall calcification": "positive"
    }
    assert ct_rate(finding("石灰化", "calcification", "positive", "aortic_arch")) == {
        "Arterial wall calcification": "positive"
    }
    assert ct_rate(finding("石灰化", "calcification", "positive", "liver")) == {}


def test_consolidation_is_no_opacity_and_a_child_is_its_parent() -> None:
    assert ct_rate(finding("浸潤影", "consolidation", "positive", "right_lower_lobe")) == {"Consolidation": "positive"}
    assert ct_rate(finding("すりガラス影", "ground_glass_opacity")) == {"Lung opacity": "positive"}


def test_words_help_where_the_concept_is_unknown() -> None:
    assert chexpert(finding("中心静脈カテーテル"))["Support Devices"] == "positive"
    assert ct_rate(finding("食道裂孔ヘルニア", "hernia")) == {"Hiatal hernia": "positive"}


def test_interstitial_pneumonia_is_no_pneumonia() -> None:
    assert "Pneumonia" not in chexpert(finding("間質性肺炎", "pneumonia"))
    assert chexpert(finding("肺炎", "pneumonia", "suspicious"))["Pneumonia"] == "uncertain"


def test_no_finding_looks_at_all_but_devices() -> None:
    denied = finding("胸水", "pleural_effusion", "negative")
    assert chexpert(denied) == {"No Finding": "positive", "Pleural Effusion": "negative"}
    assert chexpert(finding("ペースメーカー"))["No Finding"] == "positive"
    assert "No Finding" not in chexpert(finding("胸水", "pleural_effusion", "suspicious"))


def test_history_counts_only_where_declared() -> None:
    assert chexpert(finding("陳旧性骨折", "fracture", historical=True))["Fracture"] == "positive"
    assert "Lung Lesion" not in chexpert(finding("肺癌", "lung_cancer", historical=True))
    assert "Pneumonia" not in chexpert(finding("肺炎", "pneumonia", "general"))


OWN = """
name = "liver"
[[label]]
name = "liver tumour >= 10 mm"
concepts = ["tumour", "mass", "nodule"]
sites = ["liver"]
min_mm = 10
positive = ["positive", "suspicious"]
"""


def own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("one", "value"),
    [
        (finding("腫瘍", "tumour", "suspicious", "liver_right_lobe", sizes=((12.0, 8.0),)), "positive"),
        (finding("腫瘍", "tumour", "positive", "liver", sizes=((10.0,),)), "positive"),
        (finding("腫瘍", "tumour", "positive", "liver", sizes=((9.0,),)), "negative"),
        (finding("腫瘍", "tumour", "positive", "liver"), "uncertain"),
        (finding("腫瘍", "tumour", "negative", "liver"), "negative"),
        (finding("腫瘍", "tumour", "positive", "spleen", sizes=((30.0,),)), "absent"),
        (finding("嚢胞", "cyst", "positive", "liver", sizes=((30.0,),)), "absent"),
    ],
)
def test_own_set(tmp_path: Path, one: Finding, value: str) -> None:
    path = own(tmp_path, OWN)
    assert label_sets([one], [path]) == {"liver": {"liver tumour >= 10 mm": value}}
    assert label_sets([one], [load_label_set(str(path))])["liver"]["liver tumour >= 10 mm"] == value


def test_evidence_names_the_findings() -> None:
    found = [
        finding("胸水", "pleural_effusion", "negative"),
        finding("胸水", "pleural_effusion"),
        finding("脾腫", "splenomegaly"),
    ]
    evidence = load_label_set("ct_rate18").evidence(found)
    assert evidence["Pleural effusion"] == (1,)
    assert evidence["Lung nodule"] == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 3", "`name` is missing"),
        ('name = "a"', r"no \[\[label\]\]"),
        ('name = "a"\ntypo = 1', "unknown key 'typo'"),
        ('name = "a"\n[[label]]\nconcepts = ["mass"]', "label 1 has no `name`"),
        ('name = "a"\n[[label]]\nname = "x"', "needs `concepts` or `forms`"),
        ('name = "a"\n[[label]]\nname = "x"\nconcepts = ["nodul"]', "did you mean 'nodule'"),
        ('name = "a"\n[[label]]\nname = "x"\nconcepts = "mass"', "`concepts` must be a list"),
        ('name = "a"\n[[label]]\nname = "x"\nconcepts = ["mass"]\nmin_mm = "10"', "`min_mm` must be a length"),
        ('name = "a"\n[[label]]\nname = "x"\nconcepts = ["mass"]\nmin_mm = 10\nmax_mm = 5', "larger than max_mm"),
        ('name = "a"\n[[label]]\nname = "x"\nconcepts = ["mass"]\npositive = ["sure"]', "`positive` holds 'sure'"),
        ('name = "a"\n[[label]]\nname = "x"\nconcepts = ["mass"]\nsite = ["liver"]', "unknown key 'site'"),
        ('name = "a"\n[[label]]\nname = "x"\nmatch = [{ concept = ["mass"] }]', "unknown key 'concept'"),
        ('name = "a"\n[[label]]\nname = "x"\nkind = "none"\nexcept = ["y"]', "which is no label of the set"),
        ('name = "a"\n[[label]]\nname = "x"\nkind = "maybe"', "unknown kind 'maybe'"),
        ('name = "a"\n[[label]]\nname = "x"\nforms = ["a"]\n[[label]]\nname = "x"\nforms = ["b"]', "defined twice"),
        ("name =", "not TOML"),
    ],
)
def test_wrong_files_say_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LexiconError, match=message):
        load_label_set(own(tmp_path, text))


def test_unknown_set() -> None:
    with pytest.raises(LexiconError, match="shipped are chexpert14, ct_rate18"):
        label_sets([], ["chexpert41"])
