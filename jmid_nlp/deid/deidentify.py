"""`Deidentifier`: one report in, one `DeidReport` out, or an error that holds no text. Nothing in between.

A second pass over its own output changes nothing: rows carry a column `deid` with the run's provenance and a seal over the
row's content, so that a row that this policy, key and version produced is known and left as it is. The seal is an HMAC with
the run's key, so nobody without the key can pass a raw row off as a treated one. A policy with a one-run key has no key to
check with later; its seal is a plain hash, which shows that the row was not changed since, not who made it. Rows without a
valid seal are treated like any other; tags, pseudonyms, remapped UIDs and coarse values stay what they are by their form.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from jmid_nlp.deid.checks import Look, check_columns, guard, known_values
from jmid_nlp.deid.columns import PROVENANCE, treat_columns
from jmid_nlp.deid.dateshift import parse_day, shift_days, years_between
from jmid_nlp.deid.identity import plain, record_links
from jmid_nlp.deid.keys import Key
from jmid_nlp.deid.policy import Policy
from jmid_nlp.deid.replace import Context, replace_text
from jmid_nlp.deid.surrogate import PoolExhaustedError, Surrogates
from jmid_nlp.errors import JmidError, KeyMaterialError, PolicyError, WithheldError
from jmid_nlp.lexicon import lexicon_version
from jmid_nlp.offsets import fold
from jmid_nlp.schema import DeidReport, Identifier, Report
from jmid_nlp.version import __version__

Detector = Callable[..., "tuple[Identifier, ...]"]
_CACHE = 4096
_SEAL_HERE = "*seal*"
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")


class Deidentifier:
    """Applies a policy to reports, one after the other. Picklable, so that worker processes can share one.

    Args:
        policy: What happens to each category and column.
        key: The secret key; None for a policy with an ephemeral key, which makes its own.
        date_shift_days: Offsets in days by patient id, where the images' dates were shifted before. A patient without one is
            withheld, since another shift would contradict the images.
        detector: `detector(text, known=Report | None)`; the package's own where None.
        uids: New UIDs that another de-identifier gave, such as a `uids.UidTable`; asked before the key.

    Raises:
        KeyMaterialError: The policy needs a key and there is none.
        PolicyError: The policy forbids a lasting key and one is given, or a shift is zero.
    """

    def __init__(
        self,
        policy: Policy,
        key: Key | None,
        *,
        date_shift_days: Mapping[str, int] | None = None,
        detector: Detector | None = None,
        uids: Callable[[str], str | None] | None = None,
    ) -> None:
        if policy.key == "ephemeral":
            if key is not None and not key.ephemeral:
                raise PolicyError(
                    f"policy {policy.name!r} takes no key: a key that lasts would let its links be restored"
                )
            key = key or Key.generate_ephemeral()
        if key is None:
            raise KeyMaterialError(f"policy {policy.name!r} needs a key; load_key reads one from a file or JMID_KEY")
        if date_shift_days is not None and any(type(d) is not int or d == 0 for d in date_shift_days.values()):
            raise PolicyError("date_shift_days: each shift must be a whole number of days other than 0")
        self.policy, self.key = policy, key
        self.date_shift_days = dict(date_shift_days) if date_shift_days is not None else None
        self.detector = detector
        self.uids = uids
        self._clean: dict[str, tuple[Identifier, ...]] = {}
        self._provenance = self._describe()
        content = {**self._provenance, "seal": _SEAL_HERE}
        self._stamp = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        self._sealed_names = ("text", *policy.columns, *sorted(policy.extra_columns))
        self._sealed_versions = tuple(self._provenance[n] for n in ("policy_hash", "library", "lexicon"))

    def _describe(self) -> dict[str, str]:
        content = {
            "library": __version__,
            "policy": f"{self.policy.name}/{self.policy.version}",
            "policy_hash": self.policy.digest,
            "strategy": self.policy.strategy,
            "lexicon": lexicon_version(),
            "key": "ephemeral" if self.key.ephemeral else self.key.fingerprint,
            "singular": self.policy.singular,
            "date_shift": "external" if self.date_shift_days is not None else "keyed",
        }
        if detector := getattr(
            self.detector, "fingerprint", ""
        ):  # decisions of a reviewer, other reports of the patient
            content["detector"] = str(detector)
        if self.uids is not None:
            content["uids"] = str(getattr(self.uids, "fingerprint", "external"))
        return content

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_clean"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _clean={})

    def __call__(self, report: Report) -> DeidReport:
        """De-identifies one report.

        Raises:
            PolicyError: A column without a rule looks as if it identified somebody: the run has to stop.
            WithheldError: The report cannot be treated with certainty; it is not passed on. No text is in the error.
        """
        failure = ""
        try:
            return self._sealed(report) or self._treat(report)
        except PolicyError:
            raise
        except WithheldError as error:
            failure, field = error.reason, error.field
        except PoolExhaustedError:
            failure, field = "no surrogate is free of collisions with the text", "text"
        except JmidError as error:
            failure, field = type(error).__name__, "text"
        except Exception as error:  # whatever a detector raises may hold text: its kind is told, its message is not
            failure, field = f"{type(error).__name__} in detection or replacement", "text"
        raise WithheldError(report.report_id, field, failure)

    def _treat(self, report: Report) -> DeidReport:
        if not isinstance(report.text, str):
            raise WithheldError(report.report_id, "text", "is not a string")
        found = self.find(report.text, report)
        folded = fold(report.text)
        context = self.context(report, folded.text)
        if context.anchor is None:
            context.anchor = _latest(report.text, found)
        text, edits = replace_text(report.text, found, context)
        look = self._look(report)
        if not guard(folded, edits, look.guarded):
            raise WithheldError(report.report_id, "text", "an identifier of the record is left after replacement")

        def rewrite(value: str) -> str:
            return replace_text(value, self.find(value, report), context)[0]

        columns = treat_columns(report, context, look, rewrite)
        row = {"report_id": columns.pop("report_id"), "text": text, **columns}
        row[PROVENANCE] = self._seal(row)
        return DeidReport(str(row["report_id"]), text, row, edits, dict(self._provenance))

    def find(self, text: str, known: Report | None) -> tuple[Identifier, ...]:
        """Identifiers in a text, by the detector that was given or the package's own."""
        if self.detector is not None:
            return self.detector(text, known=known)
        from jmid_nlp.deid.detect import detect

        return detect(text, known=known)

    def _look(self, report: Report) -> Look:
        known = known_values(report)
        return Look(report.report_id, known, known_values(report, self.policy), self._find_short)

    def _find_short(self, value: str) -> tuple[Identifier, ...]:
        """Detections in a cell of a table, remembered: such values repeat from row to row."""
        found = self._clean.get(value)
        if found is None:
            found = self.find(value, None)
            found = tuple(f for f in found if f.score >= self.policy.rule(f.category, f.subtype).threshold)
            if len(self._clean) >= _CACHE:
                self._clean.clear()
            self._clean[value] = found
        return found

    def context(self, report: Report, folded: str) -> Context:
        """What the replacement needs to know of a report: shift, names, surrogates.

        Raises:
            WithheldError: Shifts are given from outside and there is none for this patient.
        """
        policy, key = self.policy, self.key
        patient = report.patient_id or report.patient_name or f"report\n{report.report_id}"
        if self.date_shift_days is None:
            days = shift_days(key, patient, policy)
        elif (given := self.date_shift_days.get(report.patient_id or "")) is not None:
            days = given
        else:
            raise WithheldError(report.report_id, "patient_id", "no date shift is given for this patient")
        sex = sex_letter(report.sex)
        links = record_links(report.patient_name, report.patient_kana, report.physicians, sex)
        scope = f"{patient}\n{report.report_id}" if policy.strategy == "varied" else patient
        record = (report.patient_name, report.patient_kana, report.patient_id, report.institution, *report.physicians)
        haystack = "\n".join([folded, *(plain(v) for v in record if v)]).lower()
        surrogates = Surrogates(key, scope, haystack, links, sex=sex, varied=policy.strategy == "varied")
        anchor = parse_day(report.exam_date)
        return Context(
            policy,
            key,
            scope,
            surrogates,
            days,
            anchor,
            elderly=self._elderly(report),
            japanese=_has_japanese(report.text),
            uids=self.uids,
        )

    def _elderly(self, report: Report) -> bool:
        if report.age is not None and report.age >= self.policy.top_age:
            return True
        birth, exam = parse_day(report.birth_date), parse_day(report.exam_date)
        return birth is not None and exam is not None and years_between(birth, exam) >= self.policy.top_age

    def _seal(self, row: Mapping[str, Any]) -> str:
        return self._stamp.replace(_SEAL_HERE, self._code(row))

    def _code(self, row: Mapping[str, Any]) -> str:
        content = "\x1e".join([_plain(row.get(name)) for name in self._sealed_names])
        if self.key.ephemeral:
            return hashlib.sha256(
                "\x1e".join([*self._sealed_versions, content]).encode("utf-8", "surrogatepass")
            ).hexdigest()[:32]
        return self.key.derive("seal", *self._sealed_versions, content).hex()[:32]

    def _sealed(self, report: Report) -> DeidReport | None:
        """The report as it is, where this policy and key made it and nothing was changed since."""
        stamp = report.extra.get(PROVENANCE)
        if not isinstance(stamp, str):
            return None
        try:
            content = json.loads(stamp)
        except ValueError:
            return None
        if not isinstance(content, dict) or not isinstance(content.get("seal"), str):
            return None
        row = {"report_id": report.report_id, "text": report.text}
        row |= {n: getattr(report, n) for n in self.policy.columns}
        row |= dict(report.extra)
        if not hmac.compare_digest(content["seal"].encode(), self._code(row).encode()):
            return None
        others = {k: v for k, v in report.extra.items() if k != PROVENANCE and k not in self.policy.extra_columns}
        check_columns(others, self.policy, self._look(report))
        provenance = {str(k): str(v) for k, v in content.items() if k != "seal"}
        return DeidReport(report.report_id, report.text, row, (), provenance)


def _latest(text: str, found: tuple[Identifier, ...]) -> dt.date | None:
    """The latest complete date of a text, which stands for the day of the examination where the record has none."""
    days = [parse_day(text[f.start : f.end]) for f in found if f.category == "DATE" and f.subtype != "birth"]
    return max((d for d in days if d), default=None)


def _has_japanese(text: str) -> bool:
    return not text.isascii() and re.search("[ぁ-ヺ一-鿿]", text) is not None


def _plain(value: object) -> str:
    """A value as it reads back from any file format: 5, 5.0 and "5" are one, and so are None and an empty string. The
    separators of the seal are escaped, so that no text can shift the border between two columns.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        if value[:1].isdigit() and _NUMBER.fullmatch(value):
            return repr(float(value))
        return value if "\x1e" not in value else value.replace("\x1e", "\x1e\x1e")
    if isinstance(value, list | tuple):
        return "\x1f".join([_plain(v) for v in value])
    return repr(float(value)) if isinstance(value, int | float) else str(value)


def sex_letter(value: str | None) -> str:
    """`m` or `f` for the ways of writing a sex in records and DICOM; empty for all else."""
    plain = fold(value or "").text.strip().lower()
    if plain in ("m", "male", "man", "男", "男性", "1"):
        return "m"
    return "f" if plain in ("f", "female", "woman", "女", "女性", "2") else ""
