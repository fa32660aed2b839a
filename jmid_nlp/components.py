"""The names that spaCy finds through entry points: one tokenizer and five components.

spaCy imports this module whenever any pipeline is made, another package's too. So it needs nothing but spaCy at import;
all else is imported when a component runs, and a missing dependency of ours breaks our components only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from spacy.language import Language
from spacy.util import registry

import jmid_nlp.tagging.factories  # noqa: F401  registers the trainable components, too

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span

    from jmid_nlp.neural import TokenClassifier
    from jmid_nlp.schema import Identifier
    from jmid_nlp.text.spacy_tokenizer import MecabTokenizer

Row = tuple[int, int, str, str, str]


@registry.tokenizers("jmid.MecabTokenizer.v1")  # type: ignore[untyped-decorator]
def create_tokenizer() -> Callable[[Language], MecabTokenizer]:
    """What a config's `[nlp.tokenizer]` with `@tokenizers = "jmid.MecabTokenizer.v1"` stands for."""

    def make(nlp: Language) -> MecabTokenizer:
        from jmid_nlp.text.spacy_tokenizer import MecabTokenizer

        return MecabTokenizer(nlp.vocab)

    return make


@Language.component("jmid_sentences", assigns=["token.is_sent_start", "doc.sents"])
def jmid_sentences(doc: Doc) -> Doc:
    """Sets sentence starts by `jmid_nlp.text.sentences`."""
    import numpy as np

    from jmid_nlp.text.sentences import sentences

    if not len(doc):
        return doc
    index = doc.to_array(["IDX"])
    starts = np.full(len(doc), -1, dtype=np.int64)
    positions = [start for start, _ in sentences(doc.text)]
    starts[np.searchsorted(index, positions, side="right") - 1] = 1
    starts[0] = 1
    values: Any = starts.astype(np.uint64).reshape(-1, 1)
    doc.from_array(["SENT_START"], values)
    return doc


@Language.component("jmid_sections", assigns=["doc.spans"])
def jmid_sections(doc: Doc) -> Doc:
    """Fills `doc.spans["sections"]`: `label_` is the section's name, "" before the first heading."""
    from jmid_nlp.schema import to_plain
    from jmid_nlp.text.sections import sections

    found = sections(doc.text)
    fill(doc, "sections", ((s.start, s.end, s.name or "", "", "") for s in found), to_plain(found))
    return doc


@Language.factory("jmid_identifiers", assigns=["doc.spans"], default_config={"mode": "accurate"})
def jmid_identifiers(nlp: Language, name: str, mode: str) -> Identifiers:
    """Fills `doc.spans["identifiers"]`: `label_` is the category, `kb_id_` the subtype, `id_` the detector.

    Args:
        nlp: The pipeline, which spaCy hands over.
        name: The component's name in it.
        mode: "accurate" for rules and both trained models, "balanced" for rules and the small one, "fast" for rules.
    """
    return Identifiers(mode)


class Identifiers:
    """The component behind `jmid_identifiers`."""

    def __init__(self, mode: str) -> None:
        from jmid_nlp.deid.detect import DetectOptions, Detector

        self.detector = Detector(DetectOptions(mode=mode))  # type: ignore[arg-type]

    def __call__(self, doc: Doc) -> Doc:
        """The document with its identifiers."""
        return _with_identifiers(doc, self.detector(doc.text))


def _with_identifiers(doc: Doc, found: tuple[Identifier, ...]) -> Doc:
    from jmid_nlp.schema import to_plain

    fill(doc, "identifiers", ((i.start, i.end, i.category, i.subtype, i.detector) for i in found), to_plain(found))
    return doc


@Language.component("jmid_findings", assigns=["doc.spans"])
def jmid_findings(doc: Doc) -> Doc:
    """Fills `doc.spans["entities"]` (`label_` type, `id_` attribute) and `doc.spans["findings"]`.

    A finding has `label_` "finding", `kb_id_` its concept and `id_` its certainty. The records themselves, with
    staging and labels, are in `doc.user_data["jmid"]`.
    """
    from jmid_nlp.findings.extract import extract
    from jmid_nlp.schema import to_plain

    found = extract(doc.text)
    entities, findings = found.entities, found.findings
    fill(doc, "entities", ((e.start, e.end, e.type, "", e.attr or "") for e in entities), to_plain(entities))
    rows = ((f.start, f.end, "finding", f.concept or "", f.certainty) for f in findings)
    fill(doc, "findings", rows, to_plain(findings))
    _records(doc).update(
        tnm=to_plain(found.tnm), labels=to_plain(found.labels), recommendation=to_plain(found.recommendation)
    )
    return doc


@Language.factory(
    "jmid_transformer",
    assigns=["doc.spans"],
    default_config={
        "group": "transformer",
        "stride": 64,
        "batch_size": 16,
        "device": "cpu",
        "threads": 1,
        "download": False,
    },
)
def jmid_transformer(
    nlp: Language,
    name: str,
    model: str,
    group: str,
    stride: int,
    batch_size: int,
    device: str,
    threads: int,
    download: bool,
) -> Transformer:
    """Fills `doc.spans[group]` with what a token classification model finds: `label_` is its label.

    The model is read at the first document. It goes with the pipeline to disk and to bytes.

    Args:
        nlp: The pipeline, which spaCy hands over.
        name: The component's name in it.
        model: A model's directory or hub id; this and the other arguments are those of `neural.TokenClassifier`.
        group: Key of the spans.
        stride: Pieces that neighbouring windows of a long text share.
        batch_size: Windows that a GPU computes at once.
        device: "cpu" or "cuda".
        threads: Threads of one computation on the CPU.
        download: Whether a hub id may be fetched.
    """
    options = {"stride": stride, "batch_size": batch_size, "device": device, "threads": threads, "download": download}
    return Transformer(model, group, options)


class Transformer:
    """The component behind `jmid_transformer`."""

    def __init__(self, model: str, group: str, options: dict[str, Any]) -> None:
        self.model = model
        self.group = group
        self.options = options
        self._classifier: TokenClassifier | None = None
        self._folder: TemporaryDirectory[str] | None = None  # of a model that came as bytes

    @property
    def classifier(self) -> TokenClassifier:
        """The model, read when it is asked for first."""
        if self._classifier is None:
            from jmid_nlp.neural import TokenClassifier

            self._classifier = TokenClassifier(self.model, **self.options)
        return self._classifier

    def __call__(self, doc: Doc) -> Doc:
        """The document with what the model finds."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """The documents with what the model finds, `batch_size` of them at a time."""
        from jmid_nlp.schema import to_plain

        rest = iter(stream)
        while docs := list(islice(rest, batch_size)):
            for doc, found in zip(docs, self.classifier.pipe(doc.text for doc in docs), strict=True):
                fill(doc, self.group, ((f.start, f.end, f.label, "", "") for f in found), to_plain(found))
                yield doc

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The files of the model."""
        from srsly import msgpack_dumps

        from jmid_nlp.neural.files import find_model, pack

        packed: bytes = msgpack_dumps(pack(find_model(self.model, download=self.options["download"])))
        return packed

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> Transformer:
        """This component with the model that `to_bytes` gave."""
        from srsly import msgpack_loads

        from jmid_nlp.neural.files import unpack

        folder = TemporaryDirectory(prefix="jmid-nlp-")
        unpack(msgpack_loads(data), Path(folder.name))
        self._classifier, self._folder, self.model = None, folder, folder.name
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Copies the files of the model into a directory."""
        from jmid_nlp.neural.files import find_model, pack, unpack

        unpack(pack(find_model(self.model, download=self.options["download"])), Path(path))

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Transformer:
        """This component with the model of a directory."""
        self._classifier, self._folder, self.model = None, None, str(path)
        return self

    def __getstate__(self) -> dict[str, Any]:
        packed = self.to_bytes() if self._folder else None
        return {"model": self.model, "group": self.group, "options": self.options, "packed": packed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        packed = state.pop("packed")
        Transformer.__init__(self, **state)
        if packed is not None:
            self.from_bytes(packed)


def fill(doc: Doc, group: str, rows: Iterable[Row], records: Sequence[Any]) -> None:
    """Writes one span group and its exact records.

    Tokens are a view: a span that cuts a token grows to the whole token in `doc.spans`, while `doc.user_data["jmid"]`
    keeps the records with their exact character offsets.

    Args:
        doc: The document.
        group: Key of the span group and of the records.
        rows: `(start, end, label, kb_id, id)` of each record, offsets in `doc.text`.
        records: The records as plain dicts and lists.
    """
    spans = []
    for start, end, label, kb_id, span_id in rows:
        span: Span | None = doc.char_span(
            start, end, label=label, kb_id=kb_id, span_id=span_id, alignment_mode="expand"
        )
        if span is not None:
            spans.append(span)
    doc.spans[group] = spans
    _records(doc)[group] = list(records)


def _records(doc: Doc) -> dict[str, Any]:
    found: dict[str, Any] = doc.user_data.setdefault("jmid", {})
    return found
