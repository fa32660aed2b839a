"""Label sets from findings: each label is a rule over findings, declared in TOML, never a keyword search in the text.

A label is `positive`, `uncertain`, `negative` or `absent` (not mentioned): the strongest of its findings decides, in that
order. Shipped sets are `chexpert14` and `ct_rate18`; one's own set is a TOML file of the same form:

    name = "liver"
    title = "Liver tumours of 10 mm or more"

    [[label]]
    name = "liver tumour >= 10 mm"
    concepts = ["tumour", "mass", "nodule"]     # ids of observations, with all concepts below them
    sites = ["liver"]                           # ids of anatomy, with all that lies below them
    min_mm = 10                                 # of the largest current dimension
    positive = ["positive", "suspicious"]       # certainties that make the label positive

Further keys of a rule: `not_concepts`, `forms` (words that count where the concept does not), `not_forms`, `site_forms`
(words in the finding that name the site), `max_mm`, `historical` (true: past events count too). A label with several rules
lists them under `match`. `kind = "none"` makes a label positive where no other label of the set but those in `except` is
positive or uncertain.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jmid_nlp.errors import LexiconError
from jmid_nlp.findings.terms import ancestors, concepts, is_a
from jmid_nlp.lexicon import read_text
from jmid_nlp.schema import Finding

POSITIVE, UNCERTAIN, NEGATIVE, ABSENT = "positive", "uncertain", "negative", "absent"
_STRENGTH = {ABSENT: 0, NEGATIVE: 1, UNCERTAIN: 2, POSITIVE: 3}
_CERTAINTIES = ("positive", "suspicious", "negative", "general")
_LISTS = ("concepts", "not_concepts", "forms", "not_forms", "sites", "site_forms")
_REMEMBERED = 8192  # pairs of concept and words
_RULE_KEYS = {*_LISTS, "min_mm", "max_mm", "historical", "positive"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a finding must be to count for a label. Lengths are millimetres; empty lists ask for nothing."""

    concepts: tuple[str, ...] = ()
    not_concepts: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    not_forms: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    site_forms: tuple[str, ...] = ()
    min_mm: float | None = None
    max_mm: float | None = None
    historical: bool = False
    positive: tuple[str, ...] = ("positive",)

    def value(self, finding: Finding) -> str:
        """What a finding that the rule `observes` says of the label; `absent` where its site or time is another."""
        if finding.certainty == "general" or (finding.historical and not self.historical):
            return ABSENT
        if not self._placed(finding):
            return ABSENT
        if finding.certainty == "negative":
            return NEGATIVE
        value = POSITIVE if finding.certainty in self.positive else UNCERTAIN
        return self._sized(finding, value)

    def observes(self, concept: str | None, text: str) -> bool:
        """Whether a rule is about a concept or, where that does not tell, about the words of a finding."""
        if any(form in text for form in self.not_forms):
            return False
        if concept is not None:
            if any(is_a(concept, one) for one in self.not_concepts):
                return False
            if any(is_a(concept, one) for one in self.concepts):
                return True
        return any(form in text for form in self.forms)

    def _placed(self, finding: Finding) -> bool:
        if not self.sites and not self.site_forms:
            return True
        for form in self.site_forms:
            if form in finding.text:
                return True
        if not finding.locations:
            return False
        return any(place.site and not _lineage(place.site).isdisjoint(self.sites) for place in finding.locations)

    def _sized(self, finding: Finding, value: str) -> str:
        if self.min_mm is None and self.max_mm is None:
            return value
        largest = max((max(size) for size in finding.sizes_mm if size), default=None)
        if largest is None:
            return UNCERTAIN
        fits = (self.min_mm is None or largest >= self.min_mm) and (self.max_mm is None or largest <= self.max_mm)
        return value if fits else NEGATIVE


@cache
def _lineage(site: str) -> frozenset[str]:
    return frozenset((site, *ancestors(site)))


@dataclass(frozen=True, slots=True)
class Label:
    """One label: its rules, of which any may match, or `none` with the labels that it does not look at."""

    name: str
    rules: tuple[Rule, ...] = ()
    none: bool = False
    ignores: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelSet:
    """A named set of labels, in the order of its file."""

    name: str
    title: str
    labels: tuple[Label, ...]
    _known: dict[tuple[str | None, str], tuple[tuple[str, Rule], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def values(self, findings: Sequence[Finding]) -> dict[str, str]:
        """The value of each label for the findings of one report."""
        found = {label.name: ABSENT for label in self.labels}
        for finding in findings:
            if finding.certainty == "general":
                continue  # says nothing of any label
            for name, rule in self._rules(finding):
                if found[name] == POSITIVE:
                    continue
                value = rule.value(finding)
                if _STRENGTH[value] > _STRENGTH[found[name]]:
                    found[name] = value
        for label in self.labels:
            if label.none:
                others = [v for name, v in found.items() if name != label.name and name not in label.ignores]
                found[label.name] = ABSENT if any(_STRENGTH[v] >= _STRENGTH[UNCERTAIN] for v in others) else POSITIVE
        return found

    def evidence(self, findings: Sequence[Finding]) -> dict[str, tuple[int, ...]]:
        """For each label the positions in `findings` of those that decided its value; none for an absent label."""
        values = self.values(findings)
        out: dict[str, list[int]] = {label.name: [] for label in self.labels}
        for number, finding in enumerate(findings):
            for name, rule in self._rules(finding):
                if values[name] != ABSENT and rule.value(finding) == values[name] and number not in out[name]:
                    out[name].append(number)
        return {name: tuple(numbers) for name, numbers in out.items()}

    def _rules(self, finding: Finding) -> tuple[tuple[str, Rule], ...]:
        """The rules about a finding's concept and words; few pairs of both occur, so they are remembered."""
        key = (finding.concept, finding.text)
        rules = self._known.get(key)
        if rules is None:
            rules = tuple((label.name, rule) for label in self.labels for rule in label.rules if rule.observes(*key))
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = rules
        return rules


def label_sets(
    findings: Sequence[Finding], sets: Sequence[str | Path | LabelSet] = ("chexpert14", "ct_rate18")
) -> dict[str, dict[str, str]]:
    """The labels of one report.

    Args:
        findings: All findings of the report.
        sets: Names of shipped sets, paths of TOML files, or loaded sets.

    Returns:
        Set name to label name to `positive`, `negative`, `uncertain` or `absent` (not mentioned).

    Raises:
        LexiconError: A set is unknown or breaks the form of label sets.
    """
    loaded = [one if isinstance(one, LabelSet) else load_label_set(one) for one in sets]
    return {one.name: one.values(findings) for one in loaded}


def load_label_set(path_or_name: str | Path) -> LabelSet:
    """Reads and checks a label set.

    Args:
        path_or_name: Name of a shipped set (`chexpert14`, `ct_rate18`) or path of a TOML file.

    Raises:
        LexiconError: There is no such set, or the file breaks the form; the message names the label and the key.
    """
    if isinstance(path_or_name, str) and path_or_name in shipped_sets():
        return _shipped(path_or_name)
    path = Path(path_or_name)
    if not path.is_file():
        raise LexiconError(
            f"{path.name}: no such label set; shipped are {', '.join(shipped_sets())}, others are TOML files"
        )
    try:
        return _read(path.name, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise LexiconError(f"{path.name}: not UTF-8; save the file as UTF-8") from error


@cache
def shipped_sets() -> tuple[str, ...]:
    """Names of the sets inside the package."""
    folder = files("jmid_nlp").joinpath("lexicons", "labels")
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


@cache
def _shipped(name: str) -> LabelSet:
    return _read(f"{name}.toml", read_text(f"labels/{name}.toml"))


def _read(source: str, text: str) -> LabelSet:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LexiconError(f"{source}: not TOML: {error}") from error
    if unknown := sorted(set(data) - {"name", "title", "source", "licence", "label"}):
        raise LexiconError(
            f"{source}: unknown key {unknown[0]!r}; a set has name, title, source, licence and [[label]]"
        )
    name, entries = data.get("name"), data.get("label")
    if not isinstance(name, str) or not name:
        raise LexiconError(f"{source}: `name` is missing; it must be a string")
    if not isinstance(entries, list) or not entries or not all(isinstance(e, dict) for e in entries):
        raise LexiconError(f"{source}: there is no [[label]]; a set needs at least one")
    labels = tuple(_label(source, number, entry) for number, entry in enumerate(entries, 1))
    names = [label.name for label in labels]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise LexiconError(f"{source}: label {twice[0]!r} is defined twice")
    for label in labels:
        if strange := [n for n in label.ignores if n not in names]:
            raise LexiconError(
                f"{source}, label {label.name!r}: `except` names {strange[0]!r}, which is no label of the set"
            )
    return LabelSet(name, str(data.get("title", name)), labels)


def _label(source: str, number: int, entry: Mapping[str, Any]) -> Label:
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise LexiconError(f"{source}: label {number} has no `name`")
    where = f"{source}, label {name!r}"
    kind = entry.get("kind", "rule")
    if kind == "none":
        if unknown := sorted(set(entry) - {"name", "kind", "except"}):
            raise LexiconError(f"{where}: key {unknown[0]!r} does not go with kind 'none'; only `except` does")
        return Label(name, none=True, ignores=_strings(where, "except", entry.get("except", [])))
    if kind != "rule":
        raise LexiconError(f"{where}: unknown kind {kind!r}; give 'rule' or 'none'")
    if unknown := sorted(set(entry) - _RULE_KEYS - {"name", "kind", "match"}):
        raise LexiconError(
            f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_RULE_KEYS | {'match'}))}"
        )
    own = {key: value for key, value in entry.items() if key in _RULE_KEYS}
    matches = entry.get("match")
    if matches is None:
        return Label(name, (_rule(where, own),))
    if not isinstance(matches, list) or not matches or not all(isinstance(m, dict) for m in matches):
        raise LexiconError(f"{where}: `match` must be a list of tables")
    return Label(name, tuple(_rule(where, {**own, **match}) for match in matches))


def _rule(where: str, entry: Mapping[str, Any]) -> Rule:
    if unknown := sorted(set(entry) - _RULE_KEYS):
        raise LexiconError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_RULE_KEYS))}")
    lists = {key: _strings(where, key, entry.get(key, [])) for key in _LISTS}
    if not lists["concepts"] and not lists["forms"]:
        raise LexiconError(f"{where}: a rule needs `concepts` or `forms`")
    for key in ("concepts", "not_concepts", "sites"):
        for one in lists[key]:
            if one not in concepts():
                raise LexiconError(f"{where}: {key} names {one!r}, which is no concept of the lexicons{_nearest(one)}")
    positive = _strings(where, "positive", entry.get("positive", ["positive"]))
    if strange := [c for c in positive if c not in _CERTAINTIES[:2]]:
        raise LexiconError(f"{where}: `positive` holds {strange[0]!r}; give 'positive', 'suspicious' or both")
    if not positive:
        raise LexiconError(f"{where}: `positive` is empty; give 'positive', 'suspicious' or both")
    if not isinstance(entry.get("historical", False), bool):
        raise LexiconError(f"{where}: `historical` must be true or false")
    low, high = _length(where, "min_mm", entry), _length(where, "max_mm", entry)
    if low is not None and high is not None and low > high:
        raise LexiconError(f"{where}: min_mm is larger than max_mm")
    return Rule(**lists, min_mm=low, max_mm=high, historical=entry.get("historical", False), positive=positive)


def _strings(where: str, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise LexiconError(f"{where}: `{key}` must be a list of strings")
    return tuple(value)


def _length(where: str, key: str, entry: Mapping[str, Any]) -> float | None:
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise LexiconError(f"{where}: `{key}` must be a length in mm")
    return float(value)


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, concepts(), 1)
    return f"; did you mean {near[0]!r}?" if near else ""
