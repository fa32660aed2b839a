import pickle

import pytest

from jmid_nlp.deid.lists import OwnDetector, read_deny
from jmid_nlp.errors import InputError
from jmid_nlp.schema import Report

TEXT = "霧積クリニックより紹介。担当は佐藤先生。試験名オリオンに登録。症例票QX-7。"
PLUGIN = """
from jmid_nlp.deid.detect import register_detector

@register_detector("site.form.{name}")
def forms(text):
    at = text.find("QX-7")
    return [(at, at + 4, "ID", "form", 0.9)] if at >= 0 else []
"""


def files(tmp_path):
    allow, deny, plugin = (tmp_path / n for n in ("allow.txt", "deny.tsv", "own.py"))
    allow.write_text("\ufeff霧積クリニック\n\n", encoding="utf-8")
    deny.write_text("オリオン\tFACILITY\n", encoding="utf-8")
    plugin.write_text(PLUGIN.replace("{name}", tmp_path.name), encoding="utf-8")
    return allow, deny, plugin


def found(detector, text=TEXT, known=None):
    return {(text[f.start : f.end], f.category) for f in detector(text, known=known)}


def test_lists_and_own_detectors_count_in_any_process(tmp_path):
    allow, deny, plugin = files(tmp_path)
    own = OwnDetector.read(allow=allow, deny=deny, plugins=[plugin])
    assert own is not None
    for detector in (own, pickle.loads(pickle.dumps(own))):
        assert {("オリオン", "FACILITY"), ("QX-7", "ID"), ("佐藤", "PERSON")} <= found(detector)
        assert ("霧積クリニック", "FACILITY") not in found(detector)


def test_an_allow_list_never_hides_what_the_record_names(tmp_path):
    allow, _, _ = files(tmp_path)
    allow.write_text("佐藤", encoding="utf-8")
    own = OwnDetector.read(allow=allow, deny=None, plugins=())
    assert own is not None
    assert ("佐藤", "PERSON") not in found(own)
    assert ("佐藤", "PERSON") in found(own, known=Report("1", TEXT, physicians=("佐藤 実",)))


def test_without_files_there_is_no_detector():
    assert OwnDetector.read(allow=None, deny=None, plugins=()) is None


def test_fingerprint_sees_lists_and_code_and_tells_none_of_them(tmp_path):
    allow, deny, plugin = files(tmp_path)
    first = OwnDetector.read(allow=allow, deny=deny, plugins=[plugin])
    assert first is not None
    assert "オリオン" not in first.fingerprint + repr(first)
    before = first.fingerprint
    plugin.write_text(plugin.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert first.fingerprint != before


@pytest.mark.parametrize("line", ["佐藤", "佐藤\tNAME", "\tPERSON", "佐藤,PERSON"])
def test_a_bad_line_is_named_by_its_number_and_not_shown(tmp_path, line):
    path = tmp_path / "deny.tsv"
    path.write_text(f"オリオン\tFACILITY\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"deny.tsv, line 2") as error:
        read_deny(path)
    assert "佐藤" not in str(error.value)


@pytest.mark.parametrize(
    "code",
    ["raise ValueError('佐藤')", "def broken(", "x = 1", None],
    ids=["raises", "syntax", "registers none", "no file"],
)
def test_a_file_that_gives_no_detector_is_refused(tmp_path, code):
    path = tmp_path / "own.py"
    if code is not None:
        path.write_text(code, encoding="utf-8")
    with pytest.raises(InputError, match=r"own.py") as error:
        OwnDetector.read(allow=None, deny=None, plugins=[path])
    assert "佐藤" not in str(error.value)
