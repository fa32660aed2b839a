"""`python -m corpora.generate --count N --seed S --output FILE.jsonl|FILE.parquet [--kind identifiers|findings|both]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from corpora.generate.report import KINDS
from corpora.generate.stream import chunks


def main(argv: list[str] | None = None) -> int:
    """Write the reports; the file appears whole or not at all."""
    parser = argparse.ArgumentParser(prog="python -m corpora.generate", description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="*.jsonl or *.parquet; standard output where it is left out")
    parser.add_argument("--kind", choices=KINDS, default="both")
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args(argv)
    lines = chunks(args.count, args.seed, args.kind, args.workers)
    if args.output is None:
        sys.stdout.writelines(lines)
        return 0
    partial = args.output.with_name(args.output.name + ".partial")
    if args.output.suffix == ".parquet":
        _parquet(partial, lines)
    else:
        with partial.open("w", encoding="utf-8", newline="\n") as out:
            out.writelines(lines)
    partial.replace(args.output)
    return 0


def _parquet(path: Path, lines: object) -> None:
    import io

    import pyarrow.json
    import pyarrow.parquet

    from corpora.generate.layout import schema

    options = pyarrow.json.ParseOptions(explicit_schema=schema())
    with pyarrow.parquet.ParquetWriter(path, schema()) as writer:
        for chunk in lines:  # type: ignore[attr-defined]
            writer.write_table(pyarrow.json.read_json(io.BytesIO(chunk.encode()), parse_options=options))


if __name__ == "__main__":
    raise SystemExit(main())
