"""The names of this room that spaCy finds through entry points; light at import, as `jmid_nlp.components` is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacy.language import Language
from spacy.util import registry

if TYPE_CHECKING:
    from jmid_nlp.tagging.certainty import Certainty
    from jmid_nlp.tagging.spans import TaggedSpans

_EMBED: dict[str, Any] = {
    "@architectures": "jmid.FeatureEmbed.v1", "width": 96, "embed_width": 64,
    "rows": [5000, 1500, 3000, 3000, 300, 800], "hide": 0.1,
}  # fmt: skip
_ENCODE: dict[str, Any] = {"@architectures": "jmid.DilatedEncoder.v1", "width": 96, "dilations": [1, 2, 4, 8]}
#: The network that turns a text's tokens into vectors; a pipeline's components share one.
TOK2VEC: dict[str, Any] = {"@architectures": "spacy.Tok2Vec.v2", "embed": _EMBED, "encode": _ENCODE}
LISTENER: dict[str, Any] = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "*"}
_SPANS = {"@architectures": "spacy.Tagger.v2", "nO": None, "normalize": True, "tok2vec": LISTENER}
_CERTAINTY = {"@architectures": "jmid.SpanContext.v1", "hidden": 64, "tok2vec": LISTENER}


@registry.architectures("jmid.FeatureEmbed.v1")  # type: ignore[untyped-decorator]
def feature_embed(width: int, embed_width: int, rows: list[int], hide: float) -> Any:
    """See `layers.feature_embed`."""
    from jmid_nlp.tagging import layers

    return layers.feature_embed(width, embed_width, rows, hide)


@registry.architectures("jmid.DilatedEncoder.v1")  # type: ignore[untyped-decorator]
def dilated_encoder(width: int, dilations: list[int]) -> Any:
    """See `layers.dilated_encoder`."""
    from jmid_nlp.tagging import layers

    return layers.dilated_encoder(width, dilations)


@registry.architectures("jmid.SpanContext.v1")  # type: ignore[untyped-decorator]
def span_context(tok2vec: Any, hidden: int) -> Any:
    """See `layers.span_context`."""
    from jmid_nlp.tagging import layers

    return layers.span_context(tok2vec, hidden)


@Language.factory(
    "jmid_tagged_spans",
    assigns=["doc.spans"],
    default_config={"model": _SPANS, "spans_key": "entities", "least": 0.5},
)
def tagged_spans(nlp: Language, name: str, model: Any, spans_key: str, least: float) -> TaggedSpans:
    """Fills a span group; see `spans.TaggedSpans`."""
    from jmid_nlp.tagging.spans import TaggedSpans

    return TaggedSpans(nlp.vocab, model, name, spans_key=spans_key, least=least)


@Language.factory(
    "jmid_certainty", requires=["doc.spans"], default_config={"model": _CERTAINTY, "spans_key": "entities"}
)
def certainty(nlp: Language, name: str, model: Any, spans_key: str) -> Certainty:
    """Sets `id_` of the spans of a group; see `certainty.Certainty`."""
    from jmid_nlp.tagging.certainty import Certainty

    return Certainty(nlp.vocab, model, name, spans_key=spans_key)
