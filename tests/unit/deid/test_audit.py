import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmid_nlp.deid.audit import GENESIS, audit_rows, chain, verify_audit
from jmid_nlp.deid.deidentify import Deidentifier
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import load_policy
from jmid_nlp.errors import FileFormatError
from jmid_nlp.schema import Identifier, Report

KEY = Key(bytes(range(40, 72)))
TEXT = "読影 戸叶義郎、2019/05/01、TEL 03-3999-1234。東日本大震災で受傷。"


def detector(text, known=None):
    values = (("戸叶義郎", "PERSON"), ("2019/05/01", "DATE"), ("03-3999-1234", "PHONE"))
    return tuple(Identifier(text.index(v), text.index(v) + len(v), c, "", 0.9, "gold") for v, c in values if v in text)


def deid(policy="kamei", text=TEXT, n=1):
    rules = load_policy(policy)
    treat = Deidentifier(rules, None if rules.key == "ephemeral" else KEY, detector=detector)
    return treat(Report(f"r-{n}", text, patient_id=f"p-{n}-xyz"))


def write(path, rows):
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def made(count=5):
    return list(chain(row for n in range(count) for row in audit_rows(deid(n=n))))


def test_rows_tell_what_was_done_and_never_the_text():
    report = deid()
    rows = audit_rows(report)
    assert [(r["category"], r["action"]) for r in rows] == [
        ("PERSON", "surrogate"),
        ("DATE", "shift"),
        ("PHONE", "tag"),
    ]
    for row in rows:
        assert TEXT[row["start"] : row["end"]] not in json.dumps(row, ensure_ascii=False)
        assert report.text[row["new_start"] : row["new_end"]] not in json.dumps(row, ensure_ascii=False)
        assert row["detector"] == "gold"
        assert row["score"] == 0.9
        assert row["policy"] == "kamei/1"
        assert row["key"] == KEY.fingerprint
        assert all(row[v] for v in ("library", "policy_hash", "lexicon", "strategy"))


def test_every_report_has_a_row():
    assert [r["action"] for r in audit_rows(deid(text="異常なし。"))] == ["none"]


def test_singular_descriptions_are_flagged_where_the_policy_says():
    report = deid("jisedai-kamei")
    flag = audit_rows(report)[-1]
    assert (flag["category"], flag["action"]) == ("SINGULAR", "flag")
    assert report.text[flag["new_start"] : flag["new_end"]] == TEXT[flag["start"] : flag["end"]] == "東日本大震災"
    assert all(r["category"] != "SINGULAR" for r in audit_rows(deid("kamei")))


def test_a_chain_holds_and_goes_on(tmp_path):
    rows = made()
    check = verify_audit(write(tmp_path / "a.jsonl", rows), last=rows[-1]["hash"])
    assert check.ok
    assert (check.rows, check.last) == (len(rows), rows[-1]["hash"])
    assert rows[0]["previous"] == GENESIS
    more = list(chain(audit_rows(deid(n=9)), rows[-1]["hash"]))
    assert verify_audit(write(tmp_path / "b.jsonl", rows + more)).ok


def test_parquet(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(made()), tmp_path / "a.parquet")
    assert verify_audit(tmp_path / "a.parquet").ok


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_change_breaks_the_chain(tmp_path_factory, data):
    rows = made(3)
    last = rows[-1]["hash"]
    at = data.draw(st.integers(0, len(rows) - 1))
    kind = data.draw(st.sampled_from(["change", "remove", "swap", "add", "hash"]))
    if kind == "change":
        name = data.draw(st.sampled_from([k for k in rows[at] if k not in ("hash", "previous")]))
        rows[at] = {
            **rows[at],
            name: rows[at][name] + 1 if isinstance(rows[at][name], int | float) else rows[at][name] + "x",
        }
    elif kind == "remove":
        del rows[at]
    elif kind == "swap":
        other = (at + 1) % len(rows)
        rows[at], rows[other] = rows[other], rows[at]
    elif kind == "add":
        rows.insert(at, dict(rows[at]))
    else:
        rows[at] = {**rows[at], "hash": rows[at]["hash"][:-1] + ("0" if rows[at]["hash"][-1] != "0" else "1")}
    check = verify_audit(write(tmp_path_factory.mktemp("audit") / "a.jsonl", rows), last=last)
    assert not check.ok
    assert check.reason


def test_what_is_no_audit_is_refused(tmp_path):
    (tmp_path / "a.jsonl").write_text("not json\n")
    with pytest.raises(FileFormatError, match="line 1"):
        verify_audit(tmp_path / "a.jsonl")
    (tmp_path / "b.jsonl").write_text('{"id": 1}\n')
    with pytest.raises(FileFormatError, match="previous"):
        verify_audit(tmp_path / "b.jsonl")


def test_an_empty_audit_is_whole(tmp_path):
    (tmp_path / "a.jsonl").write_text("")
    assert verify_audit(tmp_path / "a.jsonl").ok
    assert not verify_audit(tmp_path / "a.jsonl", last="f" * 64).ok
