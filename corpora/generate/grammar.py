"""Reads the grammar files under `data/`: rules, their alternatives, and what stands in braces.

    @rule                  the alternatives of `rule` follow, one a line; `3| text` is drawn three times as often as `text`
    {other}                another rule, or a leaf such as `{rad.sur}` (see `leaves.py`)
    {?other}               likewise, in half of the cases
    {a|b|}                 one of several pieces of plain text, an empty one too
    {pick rule 2-4 SEP}    two to four different alternatives of a rule, in any order, with SEP between them; @SEP is a rule
    {~aru}                 the rule `aru_polite`, `aru_plain` or `aru_nominal`, by the register of the report
    [text](keep/why)       must survive; [text](CATEGORY/subtype) is an identifier, [text](e/type) an entity, [text](H) a finding
    \\n \\t \\s \\{ \\} \\[ \\] a line break, a tab, a blank, plain brackets

Lines that begin with a hash and a blank are comments.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

from corpora.generate.writer import Writer

Op = str | Callable[[Writer], None]
Leaves = Callable[[str], Callable[[Writer], None] | None]
_ESCAPES = {"n": "\n", "t": "\t", "s": " ", "{": "{", "}": "}", "[": "[", "]": "]", "\\": "\\", "|": "|", "r": "\r"}
_WEIGHT = re.compile(r"(\d+)\| ?")
_MARK = re.compile(r"\(([A-Z]+|keep|e|H)(?:/([a-z0-9_-]+))?\)")
REGISTERS = ("polite", "plain", "nominal")


class GrammarError(ValueError):
    """A grammar file cannot be read; the message names the rule."""


class Rule:
    """A nonterminal: calling it writes one of its alternatives."""

    __slots__ = ("alternatives", "cumulative", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.alternatives: list[tuple[Op, ...]] = []
        self.cumulative: list[int] | None = None

    def __call__(self, w: Writer) -> None:
        alternatives = self.alternatives
        if self.cumulative is None:
            chosen = alternatives[int(w.r() * len(alternatives))]
        else:
            chosen = alternatives[bisect(self.cumulative, w.r() * self.cumulative[-1])]
        run(w, chosen)

    def draw(self, w: Writer) -> Rule:
        """One of the rules of which this one is a list."""
        weights = self.cumulative or list(range(1, len(self.alternatives) + 1))
        (chosen,) = self.alternatives[bisect(weights, w.r() * weights[-1])]
        assert isinstance(chosen, Rule)
        return chosen


def run(w: Writer, ops: tuple[Op, ...]) -> None:
    """Write one alternative."""
    for op in ops:
        if op.__class__ is str:
            w.parts.append(op)  # type: ignore[arg-type]
            w.n += len(op)  # type: ignore[arg-type]
        else:
            op(w)  # type: ignore[operator]


class Grammar:
    """The rules of all grammar files.

    Args:
        paths: the files; a rule may go on in another file.
        leaves: gives the function of a leaf's name, or None where there is none of that name.

    Raises:
        GrammarError: a rule or leaf that is named nowhere, a brace or bracket without partner.
    """

    def __init__(self, paths: list[Path], leaves: Leaves) -> None:
        self.rules: dict[str, Rule] = {}
        self._leaves = leaves
        sources = self._read(paths)
        for name in sources:
            if leaves(name):
                raise GrammarError(f"{name}: a leaf has this name")
            self.rules[name] = Rule(name)
        for name, lines in sources.items():
            rule = self.rules[name]
            for _, body in lines:
                rule.alternatives.append(self._compile(body, name))
            weights = [weight for weight, _ in lines]
            if set(weights) != {1}:
                rule.cumulative = list(accumulate(weights))

    @staticmethod
    def _read(paths: list[Path]) -> dict[str, list[tuple[int, str]]]:
        rules: dict[str, list[tuple[int, str]]] = {}
        current: list[tuple[int, str]] = []
        for path in paths:
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.startswith("@"):
                    current = rules.setdefault(line[1:].strip(), [])
                elif line and not line.startswith("# "):
                    weight = _WEIGHT.match(line)
                    current.append((int(weight[1]), line[weight.end() :]) if weight else (1, line))
        return rules

    def _compile(self, body: str, rule: str) -> tuple[Op, ...]:
        ops: list[Op] = []
        text: list[str] = []
        opened: list[tuple[int, list[Op]]] = []

        def flush() -> None:
            if text:
                ops.append("".join(text))
                text.clear()

        i = 0
        while i < len(body):
            c = body[i]
            if c == "\\":
                text.append(_ESCAPES[body[i + 1]])
                i += 2
            elif c == "{":
                flush()
                end = body.find("}", i)
                if end < 0:
                    raise GrammarError(f"{rule}: a brace without partner")
                ops.append(self._brace(body[i + 1 : end], rule))
                i = end + 1
            elif c == "[":
                flush()
                opened.append((i, ops))
                ops = []
                i += 1
            elif c == "]":
                flush()
                label = _MARK.match(body, i + 1)
                if not opened or not label:
                    raise GrammarError(f"{rule}: a bracket without partner or mark in {body[:40]!r}")
                inner = tuple(ops)
                _, ops = opened.pop()
                ops.append(_marked(inner, label[1], label[2]))
                i = label.end()
            else:
                text.append(c)
                i += 1
        flush()
        if opened:
            raise GrammarError(f"{rule}: a bracket is never closed")
        return tuple(ops)

    def _brace(self, inside: str, rule: str) -> Op:
        if inside.startswith("pick "):
            _, name, bounds, *separator = inside.split(" ", 3)
            low, high = (int(n) for n in bounds.split("-"))
            joint: tuple[Op, ...] = ()
            if separator:
                rule_of = separator[0].startswith("@")
                joint = (self._known(separator[0][1:], rule),) if rule_of else self._compile(separator[0], rule)
            return self._picker(self._known(name, rule), low, high, joint)
        if "|" in inside:
            return _choice([_plain(option) for option in inside.split("|")])
        if inside.startswith("~"):
            endings = [self._known(f"{inside[1:]}_{register}", rule) for register in REGISTERS]
            return lambda w: endings[w.memo["tone"]](w)
        if inside.startswith("?"):
            return _half(self._known(inside[1:], rule))
        return self._known(inside, rule)

    def _known(self, name: str, rule: str) -> Callable[[Writer], None]:
        found = self.rules.get(name) or self._leaves(name)
        if found is None:
            raise GrammarError(f"{rule}: nothing is called {name!r}")
        return found

    @staticmethod
    def _picker(rule: Callable[[Writer], None], low: int, high: int, joint: tuple[Op, ...]) -> Callable[[Writer], None]:
        assert isinstance(rule, Rule)

        def pick(w: Writer) -> None:
            count = min(low + int(w.r() * (high - low + 1)), len(rule.alternatives))
            weights = rule.cumulative
            chosen: list[int] = []
            while len(chosen) < count:
                at = int(w.r() * len(rule.alternatives)) if weights is None else bisect(weights, w.r() * weights[-1])
                if at not in chosen:
                    chosen.append(at)
            for i, at in enumerate(chosen):
                if i:
                    run(w, joint)
                run(w, rule.alternatives[at])

        return pick


def _plain(option: str) -> str:
    return re.sub(r"\\(.)", lambda m: _ESCAPES[m[1]], option)


def _choice(options: list[str]) -> Callable[[Writer], None]:
    def choose(w: Writer) -> None:
        text = options[int(w.r() * len(options))]
        w.parts.append(text)
        w.n += len(text)

    return choose


def _half(op: Callable[[Writer], None]) -> Callable[[Writer], None]:
    def maybe(w: Writer) -> None:
        if w.r() < 0.5:
            op(w)

    return maybe


def _marked(inner: tuple[Op, ...], kind: str, detail: str | None) -> Callable[[Writer], None]:
    from corpora.generate.findings import head

    detail = detail or ""
    lists = {"keep": "keep", "e": "entities"}.get(kind, "spans")

    def mark(w: Writer) -> None:
        start = w.n
        run(w, inner)
        if kind == "H":
            head(w, start, None)
        elif lists == "spans":
            w.spans.append((start, w.n, kind, detail))
        else:
            getattr(w, lists).append((start, w.n, detail, ""))

    return mark
