import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jmid_nlp.batch.files import read_rows
from jmid_nlp.batch.rows import parse_report
from jmid_nlp.errors import InputError, RowError

ROWS = [{"id": "a", "text": "右肺に結節を認めます。"}, {"id": "b", "text": "胸水、\n腹水なし。"}]


def jsonl(rows):
    return "\n".join(json.dumps(r, ensure_ascii=False) for r in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_jsonl_is_read_in_the_encodings_hospitals_write(tmp_path, encoding):
    path = tmp_path / "in.jsonl"
    path.write_bytes(jsonl(ROWS).encode(encoding))
    assert [row for _, row in read_rows(path)] == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_csv_keeps_line_breaks_inside_quoted_cells(tmp_path, encoding):
    path = tmp_path / "in.csv"
    path.write_bytes('id,text\na,右肺に結節を認めます。\nb,"胸水、\n腹水なし。"\n'.encode(encoding))
    assert [row for _, row in read_rows(path)] == ROWS


def test_a_bad_byte_spoils_its_row_only(tmp_path):
    path = tmp_path / "in.jsonl"
    lines = jsonl(ROWS).encode().split(b"\n")
    # a byte that neither UTF-8 nor CP932 knows
    path.write_bytes(b"\n".join([lines[0], b'{"id": "x", "text": "\xff\xfe\xa0\xfd"}', lines[1]]))
    read = [row for _, row in read_rows(path)]
    assert [read[0], read[2]] == ROWS
    assert isinstance(read[1], RowError)
    assert read[1].row == 1
    assert "UTF-8" in read[1].reason


def test_broken_json_names_row_and_column(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": "a", "text": "x"}\n{"id": "b", "text": 山本}\n[1]\n', encoding="utf-8")
    read = [row for _, row in read_rows(path)]
    assert "column 21" in str(read[1])
    assert "山本" not in str(read[1])
    assert "JSON object" in str(read[2])


def test_csv_row_of_another_length_is_an_error(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("id,text\na,x\nb,y,z\n", encoding="utf-8")
    read = [row for _, row in read_rows(path)]
    assert read[0] == {"id": "a", "text": "x"}
    assert "3 cells" in str(read[1])


def test_parquet_and_folder_of_shards(tmp_path):
    folder = tmp_path / "shards"
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(ROWS[:1]), folder / "0.parquet")
    (folder / "1.jsonl").write_text(jsonl(ROWS[1:]), encoding="utf-8")
    assert list(read_rows(folder)) == [(0, ROWS[0]), (1, ROWS[1])]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("in.jsonl", b"", "empty"),
        ("in.csv", b"id,text\n", "no rows"),
        ("in.parquet", b"PAR1 this is no parquet", "Parquet"),
        ("in.txt", b"x", "suffix"),
        ("in.csv", b"id,id\n1,2\n", "twice"),
    ],
)
def test_unusable_files_are_refused_with_the_reason(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        list(read_rows(path))


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        list(read_rows(tmp_path / "none.jsonl"))


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"text": "x"}, "id"),
        ({"id": "", "text": "x"}, "id"),
        ({"id": True, "text": "x"}, "id"),
        ({"id": "a"}, "text"),
        ({"id": "a", "text": None}, "text"),
        ({"id": "a", "text": float("nan")}, "text"),
        ({"id": "a", "text": 5}, "text"),
        ({"id": "a", "text": "x", "age": "old"}, "age"),
        ({"id": "a", "text": "x", "age": 400}, "age"),
        ({"id": "a", "text": "x", "physicians": [1]}, "physicians"),
        ({"id": "a", "text": "x", "weight_kg": "heavy"}, "weight_kg"),
        ({"id": "a", "text": "x", "patient_name": {"kanji": "山本"}}, "patient_name"),
    ],
)
def test_a_bad_field_is_named_with_its_row_and_never_quoted(row, field):
    with pytest.raises(RowError) as error:
        parse_report(row, number=7)
    assert (error.value.row, error.value.field) == (7, field)
    for value in row.values():
        if isinstance(value, str) and len(value) > 1:
            assert value not in str(error.value)
    assert "山本" not in str(error.value)


def test_known_fields_are_converted_and_unknown_ones_kept():
    row = {
        "report_id": 12,
        "text": "",
        "age": "072Y",
        "physicians": "山本 太郎; 佐藤",
        "weight_kg": "52.5",
        "ward": "7F",
    }
    report = parse_report(row, number=0)
    assert (report.report_id, report.age, report.weight_kg) == ("12", 72, 52.5)
    assert report.physicians == ("山本 太郎", "佐藤")
    assert report.extra == {"ward": "7F"}
    assert "山本" not in repr(report)
