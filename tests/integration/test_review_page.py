"""The review page in a browser: what a reviewer does with the keys, what the exported decisions do, how quick it is.

Needs Debian's `chromium` and the development dependency `playwright`, which is told to use it and downloads no browser.
"""

import hashlib
import json
import random
import shutil

import pytest
from typer.testing import CliRunner

from jmid_nlp.cli import app
from jmid_nlp.deid.planner import plan, upper_bound
from jmid_nlp.review_page.page import Run, _read, page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None:
    pytest.skip("no Chromium; install Debian's package chromium", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra dev)")

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
#: Milliseconds that 2,000 reports may take on a slow machine; on a quiet one it is a tenth of it.
OPENS_IN, MOVES_IN, FILTERS_IN = 6000, 100, 400
WORD = "ボルケニアス"
ROWS = [
    {"id": "a", "text": f"依頼医：佐々木 健一\n右肺に12mm大の結節を認めます。{WORD}に連絡済。検査日2024年5月7日。"},
    {"id": "b", "text": "𠮷野と👩‍⚕️か\u3099んの既往。\r\n\t𠮷田橋家に宿泊。\r\n肝に嚢胞を認めます。電話 03-1234-5678。"},
    {"id": "c", "text": "胸水は認めません。"},
]


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as play:
        made = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def context(browser):
    made = browser.new_context(viewport={"width": 1280, "height": 800}, locale="ja-JP", accept_downloads=True)
    yield made
    made.close()


def visit(context, file):
    """The page in a tab that fails the test on any error of its script and on any request but that for the file."""
    tab = context.new_page()
    tab.set_default_timeout(10_000)
    tab.errors, tab.requests = [], []
    tab.on("pageerror", lambda error: tab.errors.append(str(error)))
    tab.on("console", lambda message: message.type == "error" and tab.errors.append(message.text))
    tab.on("request", lambda request: tab.requests.append(request.url))
    tab.goto(file.as_uri())
    return tab


def quiet(tab, file):
    assert tab.errors == []
    assert {url for url in tab.requests if not url.startswith("blob:")} == {file.as_uri()}


def call(*args):
    done = CliRunner().invoke(app, [str(a) for a in args])
    assert done.exit_code == 0, done.output
    return done


def write(file, rows):
    file.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return file


def lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    return write(tmp_path_factory.mktemp("page") / "in.jsonl", ROWS)


@pytest.fixture(scope="module")
def review(reports):
    call("review", reports, "-o", reports.with_name("review.html"), "--mode", "fast")
    return reports.with_name("review.html")


def export(tab, file):
    with tab.expect_download() as download:
        tab.click("#export")
    download.value.save_as(file)
    return lines(file)


def open_report(tab, ident):
    tab.click(f"[role=option]:has(b:text-is('{ident}'))")
    assert tab.text_content("#title") == ident


def select(tab, ident, part):
    """Select a part of the open report's text as a mouse would."""
    row = next(r for r in ROWS if r["id"] == ident)
    at = len(row["text"][: row["text"].index(part)].encode("utf-16-le")) // 2
    tab.evaluate(
        """([from, to]) => {
          const walker = document.createTreeWalker(document.getElementById("text"), NodeFilter.SHOW_TEXT);
          const range = document.createRange();
          let at = 0;
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            if (from >= at && from <= at + node.length) range.setStart(node, from - at);
            if (to >= at && to <= at + node.length) { range.setEnd(node, to - at); break; }
            at += node.length;
          }
          document.getSelection().removeAllRanges();
          document.getSelection().addRange(range);
        }""",
        [at, at + len(part.encode("utf-16-le")) // 2],
    )


def go_to(tab, part):
    """Press J or K until the current place is the one with this text."""
    for _ in range(20):
        texts = tab.locator("#text mark").all_text_contents()
        at = int(tab.get_attribute("#text .current", "data-at"))
        if texts[at] == part:
            return
        tab.keyboard.press("J" if texts.index(part) > at else "K")
    raise AssertionError(f"no place holds {part}")


def span(ident, part):
    text = next(r["text"] for r in ROWS if r["id"] == ident)
    return {"id": ident, "start": text.index(part), "end": text.index(part) + len(part)}


def deid(tmp_path, reports, *args):
    (tmp_path / "key.txt").write_text(hashlib.sha256(b"a key for tests").hexdigest(), encoding="utf-8")
    out = tmp_path / "safe.jsonl"
    call("deid", reports, "-o", out, "--key-file", tmp_path / "key.txt", "--mode", "fast", "--policy", "tokumei", *args)
    return {given["id"]: row["text"] for given, row in zip(ROWS, lines(out), strict=True)}  # tokumei gives new ids


def test_keyboard_reload_export_apply(context, review, reports, tmp_path):
    before = deid(tmp_path, reports)
    assert WORD in before["a"]
    assert "佐々木" not in before["a"]
    assert "2024年5月7日" not in before["a"]

    tab = visit(context, review)
    open_report(tab, "a")
    go_to(tab, WORD)
    tab.keyboard.press("1")  # add it as a person
    go_to(tab, "佐々木 健一")
    tab.keyboard.press("a")
    go_to(tab, "2024年5月7日")
    tab.keyboard.press("x")
    tab.keyboard.press("d")  # read as a whole; goes on to the next report
    assert tab.text_content("#title") != "a"
    counts = tab.text_content("#counts")
    assert "読了 1 / 3" in counts
    assert "判断 3" in counts

    tab.reload()
    assert tab.text_content("#counts") == counts
    rows = export(tab, tmp_path / "decisions.jsonl")
    assert rows == [
        span("a", "佐々木 健一") | {"decision": "accept", "category": "PERSON"},
        span("a", WORD) | {"decision": "add", "category": "PERSON"},
        span("a", "2024年5月7日") | {"decision": "remove", "category": "DATE"},
        {"id": "a", "decision": "done"},
    ]
    quiet(tab, review)

    after = deid(tmp_path, reports, "--decisions", tmp_path / "decisions.jsonl")
    assert WORD not in after["a"]
    assert "佐々木" not in after["a"]
    assert "2024年5月7日" in after["a"]
    assert after["c"] == before["c"]

    call("detect", reports, "-o", tmp_path / "spans.jsonl", "--mode", "fast")
    told = call(
        "evaluate",
        reports,
        tmp_path / "spans.jsonl",
        "-o",
        tmp_path / "report",
        "--decisions",
        tmp_path / "decisions.jsonl",
    )
    assert told.exit_code == 0
    figures = json.loads(next((tmp_path / "report").glob("*.json")).read_text(encoding="utf-8"))
    assert figures["reports"] == 1  # the one that was read as a whole
    errors = lines(next((tmp_path / "report").glob("errors*.jsonl")))
    assert {(e["start"], e["end"]) for e in errors} == {
        (r["start"], r["end"]) for r in rows if r["decision"] in ("add", "remove")
    }


def test_offsets_are_code_points(context, review, reports, tmp_path):
    tab = visit(context, review)
    open_report(tab, "b")
    for part, key in (("𠮷野", "1"), ("か\u3099ん", "0"), ("𠮷田橋家", "9")):
        select(tab, "b", part)
        tab.keyboard.press(key)
    rows = [r for r in export(tab, tmp_path / "decisions.jsonl") if r["decision"] == "add"]
    text = ROWS[1]["text"]
    assert [text[r["start"] : r["end"]] for r in rows] == ["𠮷野", "か\u3099ん", "𠮷田橋家"]
    assert [r["category"] for r in rows] == ["PERSON", "OCCUPATION", "FACILITY"]
    assert tab.text_content("#text") == text
    after = deid(tmp_path, reports, "--decisions", tmp_path / "decisions.jsonl")
    assert not [r for r in rows if text[r["start"] : r["end"]] in after["b"]]
    assert "肝に嚢胞を認めます" in after["b"]


def test_a_span_by_keys_alone_and_undo(context, review, tmp_path):
    tab = visit(context, review)
    open_report(tab, "a")
    go_to(tab, WORD)
    for key in ("<", "<", ".", ">"):
        tab.keyboard.press(key)
    tab.keyboard.press("9")
    (row,) = export(tab, tmp_path / "one.jsonl")
    whole = span("a", WORD)
    assert (row["start"], row["end"], row["category"]) == (whole["start"] + 1, whole["end"] - 1, "FACILITY")
    tab.keyboard.press("u")
    tab.keyboard.press("d")
    tab.keyboard.press("Control+z")
    assert export(tab, tmp_path / "two.jsonl") == []
    assert tab.text_content("#title") == "a"


def test_part_of_a_detection_can_be_kept(context, review, reports, tmp_path):
    tab = visit(context, review)
    open_report(tab, "a")
    select(tab, "a", "2024年")
    tab.keyboard.press("x")
    export(tab, tmp_path / "decisions.jsonl")
    after = deid(tmp_path, reports, "--decisions", tmp_path / "decisions.jsonl")
    assert "2024年" in after["a"]
    assert "5月7日" not in after["a"]


def test_import_goes_on_elsewhere_and_keeps_rows_on_other_reports(browser, review, tmp_path):
    given = [
        span("a", WORD) | {"decision": "accept", "category": "PERSON"},  # nothing is detected there: becomes an add
        span("a", "佐々木 健一") | {"decision": "accept"},
        {"id": "c", "decision": "done"},
        {"id": "elsewhere", "start": 0, "end": 2, "decision": "add", "category": "PERSON"},
        {"id": "c", "start": 0, "end": 99, "decision": "add", "category": "PERSON"},
        {"id": "c", "start": 2, "end": 1, "decision": "remove", "category": None},
    ]
    file = write(tmp_path / "given.jsonl", given)
    other = browser.new_context(locale="en-US", accept_downloads=True)
    tab = visit(other, review)
    tab.set_input_files("#file", file)
    tab.wait_for_selector("#toast.shown")
    assert tab.text_content("#toast").startswith("3 rows imported (1 on other reports); 2 rows")
    tab.reload()
    rows = export(tab, tmp_path / "decisions.jsonl")
    assert rows == [
        given[1] | {"category": "PERSON"},
        given[0] | {"decision": "add"},
        given[2],
        given[3],
    ]
    other.close()


def test_filter_search_and_language(context, review):
    tab = visit(context, review)
    options = "#list [role=option] b"
    assert len(tab.query_selector_all(options)) == 3
    tab.keyboard.press("/")
    tab.keyboard.type("ﾎﾞﾙｹﾆｱｽ")  # searched in any width
    assert tab.text_content(options) == "a"
    tab.click("button[type=reset]")
    tab.select_option("[name=reason]", "katakana")
    assert tab.text_content(options) == "a"
    assert tab.text_content("#matching").startswith("1")
    tab.select_option("[name=reason]", "")
    tab.select_option("[name=category]", "PHONE")
    assert tab.text_content(options) == "b"
    tab.click("#language")
    assert tab.text_content("#export") == "Export decisions"
    assert tab.get_attribute("html", "lang") == "en"


def test_help_and_focus(context, review):
    tab = visit(context, review)
    tab.keyboard.press("?")
    assert tab.is_visible("#helping")
    tab.keyboard.press("x")  # no decision while help is open
    tab.keyboard.press("Escape")
    assert not tab.is_visible("#helping")
    assert "判断 0" in tab.text_content("#counts")
    unnamed = tab.evaluate(
        """[...document.querySelectorAll("button, select, input:not([hidden])")]
        .filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length)).map((e) => e.outerHTML)"""
    )
    assert unnamed == []
    tab.focus("#list")
    tab.keyboard.press("ArrowDown")
    active = tab.get_attribute("#list", "aria-activedescendant")
    assert tab.get_attribute(f"#{active}", "aria-selected") == "true"


def test_blocked_storage_is_said_and_nothing_else_breaks(browser, review, tmp_path):
    context = browser.new_context(locale="en-US", accept_downloads=True)
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    tab = visit(context, review)
    assert "cannot keep" in tab.text_content("#toast")
    tab.keyboard.press("J")
    tab.keyboard.press("x")
    assert len(export(tab, tmp_path / "decisions.jsonl")) == 1
    assert tab.errors == []
    context.close()


def test_hostile_text_stays_text(context, tmp_path):
    text = '</script><img src=x onerror="window.hacked=1"><script>window.hacked=1</script><!-- <svg onload=alert(1)> &amp; \u2028 終'
    mark = {
        "start": 0,
        "end": 20,
        "category": "PERSON",
        "score": 1.0,
        "detector": "<b>",
        "left": False,
        "reasons": ["<i>"],
        "risk": 1.0,
    }
    file = tmp_path / "hostile.html"
    rows = [{"id": "<img src=x onerror=window.hacked=1>", "text": text, "marks": [mark]}]
    file.write_text(page(Run("<script>window.hacked=1</script>", "kamei", "fast"), rows, total=1), encoding="utf-8")
    tab = visit(context, file)
    tab.keyboard.press("j")
    assert tab.text_content("#text") == text
    assert tab.text_content("#title") == rows[0]["id"]
    assert tab.evaluate("window.hacked") is None
    assert tab.evaluate("document.querySelectorAll('img, svg, script:not([type])').length") == 0
    quiet(tab, file)


def test_the_policy_forbids_connections_and_foreign_scripts(context, review):
    tab = visit(context, review)
    tab.evaluate(
        "document.addEventListener('securitypolicyviolation', (e) => (window.refused ??= []).push(e.effectiveDirective))"
    )
    assert tab.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')") == "refused"
    tab.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.hacked = 1' }))"
    )
    tab.evaluate("document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x' }))")
    tab.wait_for_function("window.refused?.length >= 3")
    assert {d.removesuffix("-elem") for d in tab.evaluate("window.refused")} == {"connect-src", "script-src", "img-src"}
    assert tab.evaluate("window.hacked") is None


@pytest.fixture
def many(tmp_path):
    """2,000 reports with ten places each, made up without detection."""
    draw = random.Random(7)
    sentences = [
        "右肺下葉S6に12mm大の結節を認めます。",
        "胸水は認めません。",
        "患者様は前回より軽快。",
        "𠮷田先生に報告済。",
    ]
    rows = []
    for n in range(2000):
        text = "\n".join(draw.choice(sentences) for _ in range(40))
        at = sorted(draw.sample(range(0, len(text) - 5, 6), 10))
        marks = [
            {"start": s, "end": s + 4, "category": "PERSON", "score": 0.5, "detector": "names.label", "left": i % 3 == 0,
             "reasons": ["weak"] if i % 2 else [], "risk": draw.random() / 2} for i, s in enumerate(at)
        ]  # fmt: skip
        rows.append({"id": f"R{n:04}", "text": text, "marks": marks})
    file = tmp_path / "many.html"
    file.write_text(page(Run("many", "kamei", "fast"), rows, total=len(rows)), encoding="utf-8")
    return file


TIMED = """async ([key, times]) => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const took = [];
  for (let i = 0; i < times; i += 1) {
    const start = performance.now();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    document.getElementById("text").getBoundingClientRect();
    took.push(performance.now() - start);
    await frame();
  }
  return took.sort((a, b) => a - b)[Math.floor(times / 2)];
}"""


def test_two_thousand_reports_stay_fluid(context, many, record_property):
    tab = visit(context, many)
    opened = tab.evaluate("performance.timing.domComplete - performance.timing.navigationStart")
    took = {
        name: tab.evaluate(TIMED, [key, 40])
        for name, key in (("next", "n"), ("place", "j"), ("accept", "a"), ("done", "d"))
    }
    rows = tab.evaluate("document.querySelectorAll('[role=option]').length")
    searched = tab.evaluate(
        """() => {
          const field = document.querySelector("[name=words]");
          field.value = "R19 𠮷田";
          const start = performance.now();
          field.dispatchEvent(new Event("input", { bubbles: true }));
          document.getElementById("list").getBoundingClientRect();
          return performance.now() - start;
        }"""
    )
    print(f"opens in {opened} ms; median ms {took}; search {searched:.0f} ms; {rows} rows of 2000 exist")
    assert opened < OPENS_IN
    assert max(took.values()) < MOVES_IN
    assert searched < FILTERS_IN
    assert rows < 60
    assert tab.text_content("#matching").startswith("100 ")
    assert tab.errors == []


def test_the_planner_agrees_with_the_library(context, review):
    tab = visit(context, review)
    script = _read("planner.js")
    cases = [(k, n, c) for k in (0, 1, 3, 20) for n in (25, 300, 2995) for c in (0.9, 0.95, 0.99)]
    bounds = tab.evaluate(f"(cases) => {{ {script}; return cases.map(([k, n, c]) => upperBound(k, n, c)); }}", cases)
    for (k, n, c), got in zip(cases, bounds, strict=True):
        assert got == pytest.approx(upper_bound(k, n, confidence=c), rel=1e-9)
    wanted = [(b, c, a) for b in (0.2, 0.01, 0.001) for c in (0.9, 0.95) for a in (0, 1, 4)]
    needed = tab.evaluate(f"(cases) => {{ {script}; return cases.map((c) => reportsNeeded(...c)); }}", wanted)
    assert needed == [plan(b, confidence=c, allowed=a).reports for b, c, a in wanted]
    assert tab.evaluate(f"() => {{ {script}; return [upperBound(3, 3, 0.95), ruleOfThree(300, 0.95)]; }}") == [1, 0.01]


def test_the_planner_counts_what_was_read(context, reports, tmp_path):
    file = tmp_path / "sample.html"
    call("review", reports, "-o", file, "--sample", "3", "--mode", "fast")
    tab = visit(context, file)
    tab.click("#plan")
    assert "2,995 件" in tab.text_content("#needed")
    assert "まだ" in tab.text_content("#reached")
    tab.keyboard.press("Escape")
    open_report(tab, "a")
    go_to(tab, WORD)
    tab.keyboard.press("1")
    open_report(tab, "a")
    tab.click("#done")
    open_report(tab, "c")
    tab.click("#done")
    tab.click("#plan")
    reached = tab.text_content("#reached")
    assert "読了 2 件のうち漏れ 1 件" in reached
    assert f"{100 * upper_bound(1, 2):.1f} %" in reached


def test_offsets_convert_both_ways(context, review):
    tab = visit(context, review)
    draw = random.Random(3)
    texts = [
        "".join(draw.choice("右肺a \n𠮷👩\u200d\u3099é\U000e0100") for _ in range(draw.randrange(30)))
        for _ in range(200)
    ]
    got = tab.evaluate(
        f"""(texts) => {{ {_read("offsets.js")}; return texts.map((text) => {{
          const o = new Offsets(text);
          const units = Array.from({{ length: o.length + 1 }}, (_, p) => o.toUnit(p));
          return [o.length, units, Array.from({{ length: text.length + 1 }}, (_, u) => o.toPoint(u))];
        }}); }}""",
        texts,
    )
    for text, (length, units, points) in zip(texts, got, strict=True):
        wanted = [len(text[:p].encode("utf-16-le")) // 2 for p in range(len(text) + 1)]
        assert (length, units) == (len(text), wanted)
        assert points == [max(p for p, u in enumerate(wanted) if u <= unit) for unit in range(wanted[-1] + 1)]


@pytest.mark.parametrize("width", [400, 900, 1280])
def test_nothing_sticks_out_at_any_width(browser, review, width):
    context = browser.new_context(viewport={"width": width, "height": 780}, locale="ja-JP")
    tab = visit(context, review)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.is_visible("#text")
    assert tab.is_visible("#accept")
    if width == 400:
        tab.click("#toggle")
        assert tab.is_visible("#list")
        tab.click("[role=option] >> nth=1")
    box = tab.locator("#text .current").bounding_box()
    frame = tab.locator("#text").bounding_box()
    assert frame["y"] <= box["y"] <= frame["y"] + frame["height"]
    context.close()
