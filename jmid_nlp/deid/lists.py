"""A site's own lists and detectors: what is no identifier there, what always is one, and detectors from Python files.

Files are UTF-8. An allow list has one string a line. A deny list has one string a line, a tab, and its category. A detector
file is Python that calls `jmid_nlp.deid.detect.register_detector`; it runs with the rights of the program, so take it from
nobody whom you would not let run a program.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from jmid_nlp.deid import detect as engine
from jmid_nlp.errors import InputError
from jmid_nlp.offsets import fold
from jmid_nlp.schema import CATEGORIES, Category, Identifier, Report


def read_allow(path: Path) -> frozenset[str]:
    """The strings of an allow list.

    Raises:
        InputError: The file cannot be read as UTF-8 text.
    """
    return frozenset(line.strip() for _, line in _lines(path))


def read_deny(path: Path) -> dict[str, Category]:
    """The strings of a deny list with their categories.

    Raises:
        InputError: The file cannot be read, or a line has no category; the message names the line, not its content.
    """
    found: dict[str, Category] = {}
    for number, line in _lines(path):
        word, _, category = (part.strip() for part in line.partition("\t"))
        if not word or category not in CATEGORIES:
            raise InputError(
                f"{path.name}, line {number}: a string, a tab and a category are needed; one of {', '.join(CATEGORIES)}"
            )
        found[word] = category
    return found


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path.name}: the list cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name}: the list is not UTF-8 text") from None
    return [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


@dataclass(frozen=True)
class OwnDetector:
    """The package's detection with a site's lists and detectors. Picklable: each process loads the files anew.

    Args:
        allow: Strings that are no identifiers, compared folded; what the record itself names is found all the same.
        deny: Strings that always are, with their category.
        plugins: Python files that register detectors.
        base: A `detect.Detector` whose other options count; the package's own where None.
    """

    allow: frozenset[str] = field(default=frozenset(), repr=False)
    deny: Mapping[str, Category] = field(default_factory=dict, repr=False)
    plugins: tuple[Path, ...] = ()
    base: engine.Detector | None = None

    @classmethod
    def read(
        cls, *, allow: Path | None, deny: Path | None, plugins: Iterable[Path], base: engine.Detector | None = None
    ) -> OwnDetector | None:
        """The detector that files describe; None where there are none.

        Raises:
            InputError: A file cannot be read or used.
        """
        files = tuple(plugins)
        if allow is None and deny is None and not files:
            return None
        own = cls(read_allow(allow) if allow else frozenset(), read_deny(deny) if deny else {}, files, base)
        for file in files:
            _registered(file)
        return own

    @property
    def fingerprint(self) -> str:
        """A short hash over lists, files and other options, for provenance."""
        told = [sorted(self.allow), sorted(self.deny.items()), [_digest(p) for p in self.plugins]]
        told.append(getattr(self.base, "fingerprint", ""))
        return "own " + hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def allows(self, string: str) -> bool:
        """Whether a string is on the list of those that are no identifiers."""
        form = fold(string).text
        return any(form == fold(word).text for word in self.allow)

    def __call__(self, text: str, known: Report | None = None) -> tuple[Identifier, ...]:
        """The identifiers of a text; see `detect.detect`."""
        detector = self.__dict__.get("_detector")
        if detector is None:
            options = self.base.options if self.base else engine.DetectOptions()
            extra = tuple(name for file in self.plugins for name in _registered(file))
            options = replace(options, allow=options.allow | self.allow, deny={**options.deny, **self.deny})
            detector = engine.Detector(replace(options, extra=(*options.extra, *extra)))
            object.__setattr__(self, "_detector", detector)
        found: tuple[Identifier, ...] = detector(text, known)
        return found

    def __getstate__(self) -> dict[str, object]:
        return {k: v for k, v in self.__dict__.items() if k != "_detector"}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _registered(path: Path) -> tuple[str, ...]:
    """The names of the detectors that a Python file registers; the file is run once in each process."""
    before = set(engine._REGISTRY)
    spec = importlib.util.spec_from_file_location(f"_own_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise InputError(f"{path.name}: is no Python file with detectors")
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    except Exception as error:  # whatever the file raises: its kind tells the author enough, its message may hold names
        raise InputError(f"{path.name}: the detectors cannot be loaded ({type(error).__name__})") from None
    names = tuple(sorted(set(engine._REGISTRY) - before))
    if not names:
        raise InputError(f"{path.name}: registers no detector of a new name; use register_detector(name)")
    return names
