"""Figures show the right numbers, every letter with a glyph, in Japanese and English, and leave matplotlib as it was."""

from __future__ import annotations

import datetime
import io
import subprocess
import sys
import warnings

import pytest

import jmid_nlp
from jmid_nlp.errors import InputError
from jmid_nlp.schema import DeidReport, Extraction, Finding, Report, SiteMention

pytest.importorskip("matplotlib")
import matplotlib as mpl

from jmid_nlp import plots
from jmid_nlp.plots import base

TEXTS = {
    "a1": ("P", "2024-01-10", "A病院", "右肺下葉S6に12mmの結節を認めます。肝S4に6mmの嚢胞を認めます。胸水なし。"),
    "a2": (
        "P",
        "2024-04-10",
        "A病院",
        "右肺下葉S6の結節は12mmから18mmに増大。肝S8に11mmの結節が新たに出現し、転移疑い。",
    ),
    "b1": ("Q", "2024-02-01", "鬼龍院 $x_1$ 診療所", "両側胸水。左腎に嚢胞。"),
    "c1": ("R", None, None, "異常なし。"),
}


@pytest.fixture(scope="module")
def reports():
    return [
        Report(i, text, patient_id=p, exam_date=date, institution=home) for i, (p, date, home, text) in TEXTS.items()
    ]


@pytest.fixture(scope="module")
def found(reports):
    return jmid_nlp.extract(reports)


def drawn(figure, kind="png"):
    """The file's bytes; a letter without a glyph or a layout that does not fit is an error."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(out, format=kind)
    return out.getvalue()


def texts(figure):
    figure.draw_without_rendering()
    return [t.get_text() for t in figure.findobj(mpl.text.Text) if t.get_text()]


def shown(figure):
    """The texts that are drawn: matplotlib also keeps labels of ticks beyond the axes."""
    axes = [axis for a in figure.axes for axis in (a.xaxis, a.yaxis)]
    ticks = {id(label) for axis in axes for tick in axis.get_major_ticks() for label in (tick.label1, tick.label2)}
    drawn_ticks = {id(tick.label1) for axis in axes for tick in axis._update_ticks()}
    found = [t for t in figure.findobj(mpl.text.Text) if t.get_text().strip() and t.get_visible()]
    return [t for t in found if id(t) not in ticks or id(t) in drawn_ticks]


def all_figures(reports, found, **options):
    safe = [DeidReport(r.report_id, r.text, {"patient_id": r.patient_id}) for r in reports]
    graded = jmid_nlp.build_dataset(safe, found, task="classification")
    typed = jmid_nlp.build_dataset(safe, found, task="entities")
    return {
        "by_site": plots.by_site(found, **options),
        "prevalence": plots.prevalence(reports, found, **options),
        "course": plots.course(reports, found, "P", **options),
        "graded": plots.dataset_card(graded, **options),
        "typed": plots.dataset_card(typed.manifest, **options),
    }


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("width", [4.0, 9.0])
def test_every_letter_has_a_glyph_and_everything_is_inside(reports, found, language, width):
    for name, figure in all_figures(reports, found, language=language, width=width).items():
        assert drawn(figure)[1:4] == b"PNG", name
        sheet = figure.bbox.padded(2.0)
        for text in shown(figure):
            box = text.get_window_extent()
            assert sheet.x0 <= box.x0 <= box.x1 <= sheet.x1, (name, width, text.get_text())
            assert sheet.y0 <= box.y0 <= box.y1 <= sheet.y1, (name, width, text.get_text())


def test_without_a_japanese_font_labels_are_english_and_a_note_says_why(reports, found, monkeypatch):
    monkeypatch.setattr(base, "japanese_font", lambda: None)
    with pytest.warns(UserWarning, match="jmid-nlp\\[plots\\]"):
        figures = all_figures(reports, found)
    for name, figure in figures.items():
        said = texts(figure)
        assert all(ord(c) < 0x2E80 for text in said for c in text), name
        assert any("no font with Japanese letters" in text for text in said), name
        drawn(figure)
    assert any(text.startswith("institution 3") for text in texts(figures["prevalence"]))


def test_the_font_of_the_extra_is_used_and_nothing_of_matplotlib_is_changed(found):
    pytest.importorskip("importlib.util").find_spec("matplotlib_fontja") or pytest.skip(
        "matplotlib-fontja is not installed"
    )
    before = dict(mpl.rcParams)
    figure = plots.by_site(found)
    assert base.japanese_font()[0] == "IPAexGothic"
    assert dict(mpl.rcParams) == before
    assert "肺" in texts(figure)


def test_findings_are_counted_by_organ_and_certainty():
    def finding(site, certainty="positive"):
        return Finding(0, 1, "x", "nodule", certainty, (SiteMention(0, 1, site),) if site else ())

    said = [
        finding("lung_s6"),
        finding("right_lower_lobe"),
        finding("lung", "negative"),
        finding("liver"),
        finding(None, "general"),
    ]
    figure = plots.by_site([Extraction("1", findings=tuple(said))], top=1, language="en")
    bars = {c.get_label(): [b.get_width() for b in c] for c in figure.axes[0].containers}
    names = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert names == ["lung", "other sites (1)", "no site"]
    assert bars == {"positive": [2, 1, 0], "suspicious": [0, 0, 0], "negative": [1, 0, 0], "general": [0, 0, 1]}


def test_prevalence_is_of_each_institutions_reports(reports, found):
    said = texts(plots.prevalence(reports, found, language="en"))
    assert "Lung nodule" in said
    assert "100% (2)" in said  # both reports of A
    assert "no institution (1)" in said
    assert any("\\$x_1\\$" in text for text in said)  # a name is no formula
    with pytest.raises(InputError, match="ct_rate18"):
        plots.prevalence(reports, found, label_set="unknown")


def test_course_joins_a_lesion_over_time(reports, found):
    axes = plots.course(reports, found, "P", language="en").axes[0]
    points = {line.get_label(): list(line.get_ydata()) for line in axes.lines if not line.get_label().startswith("_")}
    assert points == {
        "right lung segment S6 nodule": [12, 18],
        "liver segment S8 nodule": [11],
        "liver segment S4 cyst": [6],
    }
    first = next(line for line in axes.lines if len(line.get_xdata()) == 2)
    assert list(first.get_xdata()) == [datetime.date(2024, 1, 10), datetime.date(2024, 4, 10)]
    with pytest.raises(InputError, match="no report is of that patient") as caught:
        plots.course(reports, found, "山本")
    assert "山本" not in str(caught.value)


def test_a_patient_without_sizes_gets_a_figure_that_says_so(reports, found):
    assert "no findings with a size and a date" in texts(plots.course(reports, found, "Q", language="en"))


def test_empty_input_gives_a_figure():
    for figure in (plots.by_site([]), plots.prevalence([], [])):
        drawn(figure)


def test_a_notebook_shows_the_figure(found):
    assert plots.by_site(found)._repr_png_()[1:4] == b"PNG"
    assert b"<svg" in drawn(plots.by_site(found), "svg")


def test_dataset_card_counts_what_the_manifest_holds():
    manifest = {
        "task": "classification", "splits": {"train": {"patients": 2, "reports": 3, "rows": 3}},
        "labels": {"A": {"absent": 2, "positive": 1}, "B": {"negative": 3}},
    }  # fmt: skip
    figure = plots.dataset_card(manifest, language="en")
    assert [b.get_width() for c in figure.axes[0].containers for b in c] == [2, 3, 3]
    assert {c.get_label(): [b.get_width() for b in c] for c in figure.axes[1].containers} == {
        "positive": [1, 0], "suspicious": [0, 0], "negative": [0, 3],
    }  # fmt: skip
    assert " 1 / 3" in texts(figure)
    many = manifest | {"labels": {"type": {f"v{n}": n for n in range(1, 41)}}}
    assert any("10 more values" in text for text in texts(plots.dataset_card(many, language="en")))


def test_without_matplotlib_the_extra_is_named():
    code = "import sys; sys.modules['matplotlib'] = None\ntry: from jmid_nlp import plots\nexcept ImportError as e: print(e)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "jmid-nlp[plots]"' in done.stdout
