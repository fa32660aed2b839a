"""The verbs around de-identification as a user calls them: the loop of review, the proofs, and their exit codes."""

import hashlib
import json

import pytest
from typer.testing import CliRunner

from jmid_nlp.cli import app

NAME = "佐々木 健一"
ROWS = [
    {"id": "a", "patient_id": "P1", "text": f"読影医：{NAME}\n右肺に12mm大の結節を認めます。胸水は認めません。"},
    {"id": "b", "patient_id": "P1", "text": "肝に嚢胞を認めます。参考資料はボルケニアス版。佐々木に連絡済。"},
    {"id": "c", "patient_id": "P2", "text": "胸水なし。"},
]


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key.txt").write_text(hashlib.sha256(b"a key for tests").hexdigest(), encoding="utf-8")
    write(tmp_path / "in.jsonl", ROWS)

    def run(*args):
        done = CliRunner().invoke(app, [str(a) for a in args])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return run


def write(path, rows):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def deid(call, *args, out="out.jsonl"):
    return call("deid", "in.jsonl", "-o", out, "--key-file", "key.txt", *args)


def test_review_list_then_decisions_then_nothing_is_left(call, tmp_path):
    done = call("review-list", "in.jsonl", "-o", "list.jsonl")
    assert done.exit_code == 0, done.stderr
    listed = lines(tmp_path / "list.jsonl")
    assert "ボルケニアス" not in (tmp_path / "list.jsonl").read_text(encoding="utf-8")
    assert [r["risk"] for r in listed] == sorted((r["risk"] for r in listed), reverse=True)
    at = ROWS[1]["text"].index("ボルケニアス")
    (row,) = [r for r in listed if (r["id"], r["start"], r["end"]) == ("b", at, at + len("ボルケニアス"))]
    assert row["reason"] == "katakana"

    write(tmp_path / "decisions.jsonl", [row | {"decision": "add", "category": "PERSON"}])
    assert deid(call, out="before.jsonl").exit_code == 0
    assert deid(call, "--decisions", "decisions.jsonl", "--audit", "audit.jsonl").exit_code == 0
    assert "ボルケニアス" in (tmp_path / "before.jsonl").read_text(encoding="utf-8")
    assert "ボルケニアス" not in (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    assert "review" in {r["detector"] for r in lines(tmp_path / "audit.jsonl")}


def test_review_list_with_text_and_beside_deid(call, tmp_path):
    assert call("review-list", "in.jsonl", "-o", "list.jsonl", "--with-text").exit_code == 0
    assert "ボルケニアス" in {r["text"] for r in lines(tmp_path / "list.jsonl")}
    assert deid(call, "--review", "review.jsonl").exit_code == 0
    plain = [
        {k: v for k, v in r.items() if k not in ("text", "before", "behind")} for r in lines(tmp_path / "list.jsonl")
    ]
    assert lines(tmp_path / "review.jsonl") == plain


def test_decisions_that_do_not_fit_are_failed_rows_and_bad_files_are_unusable(call, tmp_path):
    wrong = [{"id": "c", "start": 0, "end": 99, "decision": "remove"}]
    wrong += [{"id": "a", "start": 4, "end": 10, "decision": d} for d in ("accept", "remove")]
    write(tmp_path / "decisions.jsonl", wrong)
    done = deid(call, "--decisions", "decisions.jsonl")
    assert done.exit_code == 1
    assert [r["id"] for r in lines(tmp_path / "out.jsonl")] == ["b"]
    assert [r["id"] for r in lines(tmp_path / "out.jsonl.failed.jsonl")] == ["a", "c"]
    (tmp_path / "decisions.jsonl").write_text("{}\n", encoding="utf-8")
    refused = deid(call, "--decisions", "decisions.jsonl")
    assert refused.exit_code == 2
    assert "line 1" in refused.stderr
    assert deid(call, "--decisions", "missing.jsonl").exit_code == 2


@pytest.mark.parametrize("workers", ["1", "2"])
def test_check_findings_proves_that_nothing_changed(call, tmp_path, workers):
    done = deid(call, "--check-findings", "--workers", workers)
    assert done.exit_code == 0, done.stderr
    assert "0 differences" in done.stderr
    assert (tmp_path / "out.jsonl.findings.jsonl").read_bytes() == b""


def test_check_findings_names_a_difference_with_code_1(call, tmp_path):
    """A decision that removes a finding's own words is the plainest way to change what the report says."""
    at = ROWS[0]["text"].index("結節")
    write(
        tmp_path / "decisions.jsonl", [{"id": "a", "start": at, "end": at + 2, "decision": "add", "category": "PERSON"}]
    )
    done = deid(call, "--check-findings", "--decisions", "decisions.jsonl")
    assert done.exit_code == 1
    found = lines(tmp_path / "out.jsonl.findings.jsonl")
    assert {("a", "replaced", "span", at)} <= {(d["id"], d["kind"], d["attribute"], d["start"]) for d in found}
    assert "結節" not in (tmp_path / "out.jsonl.findings.jsonl").read_text(encoding="utf-8")
    assert len(lines(tmp_path / "out.jsonl")) == 3


@pytest.mark.parametrize("workers", ["1", "2"])
def test_propagate_finds_a_proven_name_in_the_patients_other_reports(call, tmp_path, workers):
    from jmid_nlp.deid.detect import detect

    text = ROWS[1]["text"]
    at = text.index("佐々木")
    alone = any(f.start <= at < f.end for f in detect(text))
    assert deid(call, "--propagate", "--workers", workers).exit_code == 0
    out = {r["id"]: r["text"] for r in lines(tmp_path / "out.jsonl")}
    assert "佐々木" not in out["b"]
    if not alone:  # shows that propagation did it
        assert deid(call, out="without.jsonl").exit_code == 0
        assert "佐々木" in {r["id"]: r["text"] for r in lines(tmp_path / "without.jsonl")}["b"]
    assert not list(tmp_path.glob("*.partial"))


def test_options_change_the_run_so_that_parts_of_another_are_not_taken(call, tmp_path):
    from jmid_nlp.batch.job import ReviewJob
    from jmid_nlp.chain import deid_job

    def job(**options):
        return deid_job(tmp_path / "in.jsonl", key=tmp_path / "key.txt", **options)

    write(tmp_path / "decisions.jsonl", [{"id": "c", "start": 0, "end": 2, "decision": "remove"}])
    plain, checked, listed = job(), job(), job()
    checked.check_findings = True
    listed.review = ReviewJob()
    jobs = (plain, checked, listed, job(propagate=True), job(decisions=tmp_path / "decisions.jsonl"))
    assert len({j.fingerprint for j in jobs}) == len(jobs)


def test_leftovers_reads_a_corpus_twice_and_tells_no_text(call, tmp_path):
    assert deid(call).exit_code == 0
    done = call("leftovers", "out.jsonl", "-o", "left.jsonl", "--source", "in.jsonl")
    assert done.exit_code == 0, done.stderr
    (row,) = [r for r in lines(tmp_path / "left.jsonl") if r["kind"] == "katakana"]
    assert (row["id"], row["documents"]) == ("b", 1)
    assert "ボルケニアス" not in (tmp_path / "left.jsonl").read_text(encoding="utf-8")
    assert call("leftovers", "out.jsonl", "-o", "left.jsonl", "--with-text").exit_code == 0
    assert "ボルケニアス" in {r["text"] for r in lines(tmp_path / "left.jsonl")}
    assert sorted(p.name for p in tmp_path.glob("left.jsonl*")) == ["left.jsonl"]
    assert call("leftovers", "missing.jsonl", "-o", "left.jsonl").exit_code == 2


def test_risk_ends_with_code_1_where_something_is_left(call, tmp_path):
    assert deid(call).exit_code == 0
    clean = call("risk", "out.jsonl")
    assert clean.exit_code == 0, clean.stdout
    raw = call("risk", "in.jsonl", "-o", "risk.jsonl")
    assert raw.exit_code == 1
    listed = lines(tmp_path / "risk.jsonl")
    assert {"detection", "column"} <= {r["kind"] for r in listed}
    assert NAME not in raw.stdout + raw.stderr + (tmp_path / "risk.jsonl").read_text(encoding="utf-8")


def test_risk_looks_at_groups_where_asked_for(call, tmp_path):
    assert deid(call).exit_code == 0
    found = call("risk", "out.jsonl", "--minimum", "5")
    assert found.exit_code == 1
    assert "groups left: 1" in found.stdout


def test_verify_audit_tells_a_changed_a_missing_and_a_cut_off_row(call, tmp_path):
    assert deid(call, "--audit", "audit.jsonl").exit_code == 0
    fine = call("verify-audit", "audit.jsonl")
    assert fine.exit_code == 0
    last = fine.stdout.split()[-1]
    assert call("verify-audit", "audit.jsonl", "--last", last).exit_code == 0
    rows = (tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    changed = rows[0].replace('"score": ', '"score": 1')
    for broken in ([changed, *rows[1:]], rows[1:], [*rows[:1], *rows[2:]]):
        (tmp_path / "broken.jsonl").write_text("".join(broken), encoding="utf-8")
        assert call("verify-audit", "broken.jsonl").exit_code == 1
    (tmp_path / "broken.jsonl").write_text("".join(rows[:-1]), encoding="utf-8")
    assert call("verify-audit", "broken.jsonl").exit_code == 0
    assert call("verify-audit", "broken.jsonl", "--last", last).exit_code == 1
    assert call("verify-audit", "missing.jsonl").exit_code == 2
    assert call("verify-audit", "in.jsonl").exit_code == 2


def test_sample_size_is_the_rule_of_three_made_exact(call):
    assert "read 2995 reports" in call("sample-size", "--bound", "0.001").stdout
    assert "read 4742 reports" in call("sample-size", "--bound", "0.001", "--allowed", "1").stdout
    assert call("sample-size", "--bound", "2").exit_code == 2


def test_every_verb_has_help_with_an_example():
    names = [c.name or c.callback.__name__.replace("_", "-") for c in app.registered_commands]
    assert {"review-list", "leftovers", "risk", "verify-audit", "sample-size"} <= set(names)
    without = [
        n
        for n, c in zip(names, app.registered_commands, strict=True)
        if f"Example: jmid-nlp {n}" not in c.callback.__doc__
    ]
    assert without == []


PLUGIN = """
from jmid_nlp.deid.detect import register_detector

@register_detector("site.volume")
def volumes(text):
    at = text.find("ボルケニアス")
    return [(at, at + 6, "FACILITY", "site", 0.9)] if at >= 0 else []
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_sites_own_lists_and_detectors_count_in_every_verb(call, tmp_path, workers):
    (tmp_path / "own.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "deny.tsv").write_text("参考資料\tID\n", encoding="utf-8")
    (tmp_path / "allow.txt").write_text("佐々木\n", encoding="utf-8")
    own = ("--detectors", "own.py", "--deny", "deny.tsv", "--allow", "allow.txt")
    assert deid(call, *own, "--propagate", "--audit", "audit.jsonl", "-w", workers).exit_code == 0
    first, second, _ = (r["text"] for r in lines(tmp_path / "out.jsonl"))
    assert "佐々木 健一" not in first  # the whole name is not on the list
    assert "佐々木に連絡済" in second
    assert "ボルケニアス" not in second
    assert "参考資料" not in second
    told = (tmp_path / "audit.jsonl").read_text(encoding="utf-8")
    assert {"site.volume", "deny_list"} <= {r["detector"] for r in lines(tmp_path / "audit.jsonl")}
    assert "参考資料" not in told + json.dumps([r["deid"] for r in lines(tmp_path / "out.jsonl")])

    assert call("review-list", "in.jsonl", "-o", "list.jsonl", *own, "-w", workers).exit_code == 0
    at = ROWS[1]["text"].index("ボルケニアス")
    assert not [
        r for r in lines(tmp_path / "list.jsonl") if (r["id"], r["start"], r["reason"]) == ("b", at, "katakana")
    ]


def test_risk_looks_with_the_same_lists(call, tmp_path):
    (tmp_path / "deny.tsv").write_text("胸水\tID\n", encoding="utf-8")
    assert deid(call).exit_code == 0
    call("risk", "out.jsonl", "-o", "plain.jsonl")
    call("risk", "out.jsonl", "-o", "own.jsonl", "--deny", "deny.tsv")
    found = [{r["detector"] for r in lines(tmp_path / name)} for name in ("plain.jsonl", "own.jsonl")]
    assert "deny_list" in found[1] - found[0]


def test_lists_are_never_overwritten_and_bad_ones_end_the_run(call, tmp_path):
    (tmp_path / "deny.tsv").write_text(f"{NAME}\n", encoding="utf-8")
    done = deid(call, "--deny", "deny.tsv")
    assert done.exit_code == 2
    assert "deny.tsv, line 1" in done.stderr
    assert NAME not in done.stderr
    (tmp_path / "deny.tsv").write_text(f"{NAME}\tPERSON\n", encoding="utf-8")
    assert deid(call, "--deny", "deny.tsv", "--audit", "deny.tsv").exit_code == 2
    assert (tmp_path / "deny.tsv").read_text(encoding="utf-8") == f"{NAME}\tPERSON\n"


def test_offsets_and_uids_from_outside(call, tmp_path):
    rows = [
        {"id": "d", "patient_id": "P1", "text": "2024年3月1日と比較。", "exam_date": "2024-06-07", "study_uid": "1.2.3"}
    ]
    write(tmp_path / "in.jsonl", [*rows, rows[0] | {"id": "e", "patient_id": "P9"}])
    (tmp_path / "shift.csv").write_text("patient_id,days\nP1,-31\n", encoding="utf-8")
    (tmp_path / "uids.csv").write_text("source_uid,new_uid\n1.2.3,2.25.77\n", encoding="utf-8")
    done = deid(call, "--date-shifts", "shift.csv", "--uids", "uids.csv")
    assert done.exit_code == 1  # the patient without an offset is withheld
    (out,) = lines(tmp_path / "out.jsonl")
    assert (out["text"], out["exam_date"], out["study_uid"]) == ("2024年1月30日と比較。", "2024-05-07", "2.25.77")
    assert [r["id"] for r in lines(tmp_path / "out.jsonl.failed.jsonl")] == ["e"]


@pytest.mark.parametrize(
    "text",
    ["P1,3", "patient_id,days\nP1,0", "patient_id,days\nP1,x", "patient_id,days\nP1,1\nP1,2", "patient_id,days\n,1"],
)
def test_bad_offsets_are_named_by_line_without_the_patient(call, tmp_path, text):
    (tmp_path / "shift.csv").write_text(text, encoding="utf-8")
    done = deid(call, "--date-shifts", "shift.csv")
    assert done.exit_code == 2
    assert "shift.csv" in done.stderr
    assert "P1" not in done.stderr


def test_a_built_in_policy_is_printed_and_an_own_one_checked(call, tmp_path):
    printed = call("policy", "kamei")
    assert printed.exit_code == 0
    (tmp_path / "own.toml").write_text(
        printed.stdout.replace("[rules.PERSON]", "[rules.PERSON]\nthreshold = 0.2"), encoding="utf-8"
    )
    assert call("policy", "own.toml").exit_code == 0
    assert deid(call, "--policy", "own.toml").exit_code == 0
    (tmp_path / "own.toml").write_text(printed.stdout.replace('"surrogate"', '"encrypt"', 1), encoding="utf-8")
    wrong = call("policy", "own.toml")
    assert wrong.exit_code == 2
    assert "[rules.PERSON] action: 'encrypt'" in wrong.stderr


def test_removed_information_is_encrypted_and_restores_the_text(call, tmp_path):
    from jmid_nlp.deid.keys import load_key
    from jmid_nlp.deid.removal import read_removal

    (tmp_path / "vault.txt").write_text(hashlib.sha256(b"another key").hexdigest(), encoding="utf-8")
    assert deid(call).exit_code == 0
    wanted = ("removal", "in.jsonl", "-o", "removed.enc", "--key-file", "key.txt", "--removal-key-file")
    assert call(*wanted, "key.txt").exit_code == 2  # the run's own key
    assert call(*wanted, "vault.txt", "--policy", "tokumei").exit_code == 2
    assert not (tmp_path / "removed.enc").exists()
    done = call(*wanted, "vault.txt")
    assert done.exit_code == 0, done.stderr
    assert NAME not in (tmp_path / "removed.enc").read_text(encoding="utf-8")
    assert call(*wanted, "vault.txt").exit_code == 2  # nothing is overwritten
    texts = {r["id"]: r["text"] for r in lines(tmp_path / "out.jsonl")}
    found = list(read_removal(tmp_path / "removed.enc", load_key(key_file=tmp_path / "vault.txt")))
    for row in sorted((r for r in found if "original" in r), key=lambda r: -r["start"]):
        text = texts[row["report_id"]]
        texts[row["report_id"]] = text[: row["start"]] + row["original"] + text[row["end"] :]
    assert list(texts.values()) == [r["text"] for r in ROWS]


def test_the_mode_of_a_run_is_that_of_its_list_and_of_its_removed_information(call, tmp_path):
    """What the network alone found is listed and kept as an original where the run had the network, and only there."""
    from jmid_nlp.deid.detect import DetectOptions, Detector

    text = "発見場所は米代川河口。能代港署の依頼で死後CTを施行。"
    found = {mode: Detector(DetectOptions(mode=mode))(text) for mode in ("accurate", "fast")}
    assert len(found["accurate"]) > len(found["fast"])
    write(tmp_path / "in.jsonl", [{"id": "a", "patient_id": "P1", "text": text}])
    (tmp_path / "vault.txt").write_text(hashlib.sha256(b"another key").hexdigest(), encoding="utf-8")
    keys = ("--key-file", "key.txt", "--removal-key-file", "vault.txt")
    for mode, spans in found.items():
        assert deid(call, "--mode", mode, "--audit", "audit.jsonl").exit_code == 0
        edits = [r for r in lines(tmp_path / "audit.jsonl") if "start" in r]
        done = call("removal", "in.jsonl", "-o", f"{mode}.enc", *keys, "--mode", mode)
        assert done.stderr.startswith(f"{len(edits) + 1} originals"), done.stderr  # and the patient's id of the record
        assert call("review-list", "in.jsonl", "-o", "list.jsonl", "--mode", mode).exit_code == 0
        listed = {(r["start"], r["end"]) for r in lines(tmp_path / "list.jsonl") if r["score"]}
        assert listed <= {(s.start, s.end) for s in spans}
