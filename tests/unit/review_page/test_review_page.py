"""The review page without a browser: which places it shows and why, that report text stays inert data, the draw."""

import json
import re
import stat
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from jmid_nlp.cli import app
from jmid_nlp.deid.decisions import Decisions
from jmid_nlp.deid.policy import load_policy
from jmid_nlp.review_page.job import draw
from jmid_nlp.review_page.page import SCRIPTS, Run, _read, page
from jmid_nlp.review_page.places import places
from jmid_nlp.schema import CATEGORIES, Identifier, Report

WORDS = json.loads(_read("words.json"))
HOSTILE = '</script><script>window.hacked = 1</script><!--<img src=x onerror="window.hacked = 1">\u2028&lt;'


def found(*spans):
    made = tuple(Identifier(*span) for span in spans)
    return lambda text, known=None: made


def by_text(report, shown):
    return {report.text[p.start : p.end]: p for p in shown}


def test_disagreements_between_the_modes_are_told_apart():
    text = "山田太郎と佐藤と鈴木一郎と田中。2024年5月1日。"
    at = {
        w: (text.index(w), text.index(w) + len(w))
        for w in ("山田太郎", "山田", "佐藤", "鈴木一郎", "田中", "2024年5月1日")
    }
    one = found(
        (*at["山田"], "PERSON", "name", 0.95, "names.label"), (*at["佐藤"], "PERSON", "name", 0.9, "learned"),
        (*at["鈴木一郎"], "FACILITY", "name", 0.95, "facilities.suffix"), (*at["2024年5月1日"], "DATE", "full", 0.99, "dates.full"),
    )  # fmt: skip
    other = found(
        (*at["山田太郎"], "PERSON", "name", 0.95, "names.label"), (*at["鈴木一郎"], "PERSON", "name", 0.95, "names.label"),
        (*at["田中"], "PERSON", "name", 0.8, "names.bare"), (*at["2024年5月1日"], "DATE", "full", 0.99, "dates.full"),
    )  # fmt: skip
    report = Report("r", text)
    shown = places(report, detector=one, other=other)
    got = by_text(report, shown)
    assert "extent_differs" in got["山田"].reasons
    assert "model_alone" in got["佐藤"].reasons
    assert "category_differs" in got["鈴木一郎"].reasons
    assert "rules_alone" in got["田中"].reasons
    assert got["2024年5月1日"].reasons == ()
    assert {w for w, p in got.items() if p.left} == {"田中"}
    assert got["田中"].risk > got["山田"].risk > got["鈴木一郎"].risk
    assert got["田中"].risk == max(p.risk for p in shown)


def test_places_never_overlap_and_keep_their_order():
    text = "主治医はボルケニアス。Klostermannに連絡。"
    cut = found((4, 7, "PERSON", "name", 0.8, "names.title"), (9, 11, "PLACE", "town", 0.7, "places.slot"))
    shown = places(Report("r", text), detector=found(), other=cut)
    assert all(a.end <= b.start for a, b in zip(shown, shown[1:], strict=False))
    joined = shown[0]
    assert (text[joined.start : joined.end], joined.category, joined.left) == ("ボルケニアス。", "PERSON", True)
    assert "rules_alone" in joined.reasons
    assert {"katakana", "beside_cue"} <= set(joined.reasons)  # the unknown word below it lends its reasons
    assert "latin" in shown[-1].reasons


def test_what_the_policy_leaves_in_is_marked_so():
    text = "佐々木に連絡済。"
    policy = load_policy("kamei")
    low = policy.rule("PERSON", "name").threshold / 2
    (place,) = places(
        Report("r", text), policy=policy, detector=found((0, 3, "PERSON", "name", low, "names.bare")),
        other=found((0, 3, "PERSON", "name", low, "names.bare")),
    )  # fmt: skip
    assert place.left == (low < policy.rule("PERSON", "name").threshold)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def made(text="本文", ident="a", source="in.jsonl", **options):
    mark = {
        "start": 0,
        "end": 1,
        "category": "",
        "score": 0.0,
        "detector": "",
        "left": True,
        "reasons": ["latin"],
        "risk": 0.3,
    }
    return page(Run(source, "kamei", "accurate"), [{"id": ident, "text": text, "marks": [mark]}], total=1, **options)


def embedded(html):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)[1])


def test_report_text_ids_and_file_names_cannot_become_markup():
    plain, hostile = made(), made(HOSTILE, HOSTILE, HOSTILE)
    kinds = [[tag for tag, _ in _tags(html)] for html in (plain, hostile)]
    assert kinds[0] == kinds[1]
    (report,) = embedded(hostile)["reports"]
    assert (report["text"], report["id"]) == (HOSTILE, HOSTILE)


def _tags(html):
    parser = Tags()
    parser.feed(html)
    return parser.tags


def test_the_page_needs_and_may_load_nothing():
    tags = _tags(made())
    (policy,) = [a["content"] for t, a in tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not [a for _, a in tags if {"src", "href", "srcset", "action"} & a.keys()]
    assert not [a for _, a in tags if any(name.startswith("on") or name == "style" for name in a)]


def test_style_uses_no_colour_that_is_not_there():
    style = re.search("<style>(.*?)</style>", made(), re.DOTALL)[1]
    assert set(re.findall(r"var\((--[\w-]+)", _read("page.css"))) <= set(re.findall(r"(--[\w-]+):", style))


def test_all_texts_exist_in_both_languages():
    source = _read("page.html.j2") + "".join(_read(f"{name}.js") for name in SCRIPTS)
    used = set(re.findall(r'data-t(?:-label|-placeholder)?="(\w+)"', source)) | set(re.findall(r'\bt\("(\w+)"', source))
    used |= set(re.findall(r'"((?:keys|legend|plan|imported)_?\w*)"', source)) - {"keys", "legend", "planning"} | set(
        CATEGORIES
    )
    used |= {f"state_{s}" for s in ("open", "unread", "read", "decided", "leak", "of_accept", "of_remove", "of_add")}
    used |= {f"risk_{s}" for s in ("high", "middle", "low", "none")}
    from jmid_nlp.deid.unknown import RISK

    used |= set(RISK) | {"below_threshold", "weak", "no_cue", "rules_alone", "model_alone", "extent_differs"}
    used |= {"category_differs", "faint", "beside_cue"}
    assert not used - WORDS.keys()
    assert all(len(texts) == 2 and all(texts) for texts in WORDS.values())
    assert all(set(re.findall(r"{\w+}", ja)) == set(re.findall(r"{\w+}", en)) for ja, en in WORDS.values())


def test_scripts_are_small_and_readable():
    assert all(len(_read(f"{name}.js").splitlines()) <= 350 for name in SCRIPTS)


@pytest.fixture
def reports(tmp_path):
    rows = [{"id": f"r{n}", "text": f"右肺に{n}mm大の結節を認めます。"} for n in range(30)]
    rows[7]["text"] += "ボルケニアスに連絡済。"
    rows.append({"id": "broken"})
    file = tmp_path / "in.jsonl"
    file.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return file


def test_a_draw_is_the_same_for_a_seed_and_another_for_another(reports):
    one, total = draw(reports, 5, seed=1)
    assert total == 31
    assert len(one) == 5
    assert one == draw(reports, 5, seed=1)[0] != draw(reports, 5, seed=2)[0]
    assert draw(reports, 99, seed=1)[0] == frozenset(range(31))
    assert len({draw(reports, 1, seed=s)[0] for s in range(40)}) > 10


def call(*args):
    return CliRunner().invoke(app, [str(a) for a in args])


def test_the_verb_puts_the_riskiest_first_and_keeps_the_file_from_others(reports, tmp_path):
    out = tmp_path / "review.html"
    done = call("review", reports, "-o", out, "--top", 3, "--mode", "fast")
    assert done.exit_code == 1  # one row cannot be read, and is listed
    assert "HOLDS THE ORIGINAL TEXT" in done.stderr
    assert "3 riskiest" in done.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    data = embedded(out.read_text(encoding="utf-8"))
    assert data["reports"][0]["id"] == "r7"
    assert len(data["reports"]) == 3
    assert (data["run"]["total"], data["run"]["sample"], data["run"]["mode"]) == (30, None, "fast")


def test_the_verb_draws_a_sample(reports, tmp_path):
    out = tmp_path / "review.html"
    call("review", reports, "-o", out, "--sample", 4, "--seed", 3, "--mode", "fast")
    data = embedded(out.read_text(encoding="utf-8"))
    chosen, _ = draw(reports, 4, seed=3)
    assert {r["id"] for r in data["reports"]} == {f"r{n}" for n in chosen}
    assert (data["run"]["total"], data["run"]["sample"], data["run"]["seed"]) == (31, 4, 3)


def test_only_html_and_only_beside_the_input(reports, tmp_path):
    assert call("review", reports, "-o", tmp_path / "review.jsonl").exit_code == 2
    assert not (tmp_path / "review.jsonl").exists()


def test_decisions_pass_over_reports_that_were_read(tmp_path):
    file = tmp_path / "decisions.jsonl"
    file.write_text(
        '{"id":"a","decision":"done"}\n{"id":"a","start":0,"end":1,"decision":"remove"}\n', encoding="utf-8"
    )
    read = Decisions.read(file)
    assert len(read) == 1
    file.write_text('{"id":"a","start":0,"end":1,"decision":"remove"}\n', encoding="utf-8")
    assert Decisions.read(file).fingerprint == read.fingerprint


def test_reports_that_were_read_as_a_whole_give_gold(tmp_path):
    file = tmp_path / "decisions.jsonl"
    rows = [
        {"id": "a", "start": 0, "end": 2, "decision": "accept", "category": "PERSON"},
        {"id": "a", "start": 3, "end": 4, "decision": "remove", "category": None},
        {"id": "a", "decision": "done"},
        {"id": "b", "start": 0, "end": 1, "decision": "add", "category": "ID"},
        {"id": "c", "decision": "done"},
    ]
    file.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    one, other = Decisions.read(file).answers(Report(i, "山田と結節") for i in "abc")
    assert (one["id"], other["id"]) == ("a", "c")
    assert one["spans"] == [{"start": 0, "end": 2, "category": "PERSON"}]
    assert [(s["start"], s["end"]) for s in one["keep"]] == [(3, 4)]
    assert other["spans"] == other["keep"] == []
