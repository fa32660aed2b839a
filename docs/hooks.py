"""What MkDocs does beside its own work: pages that lie outside docs/, and the reference of the command line."""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
# Pages of the repository that are pages of the site, too, under the same path.
SHARED = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "NOTICE.md")
CARDS = tuple(sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("models/*/README.md")))
_LINK = re.compile(r"\[([^\[\]]*)\]\((?!\w+:)([^)#\s]+)((?:#[^)\s]*)?)\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the models' cards to the last part of the navigation."""
    next(iter(config.nav[-1].values())).extend(CARDS)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the shared pages."""
    from mkdocs.structure.files import File

    for name in (*SHARED, *CARDS):
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links between docs/ and the rest of the repository lead to the site's pages; write the verbs' reference."""
    source = page.file.src_uri
    place = source if source in (*SHARED, *CARDS) else f"docs/{source}"

    def site_link(match: re.Match[str]) -> str:
        words, written, anchor = match.groups()
        target = normpath(join(dirname(place), written))
        if files.get_file_from_path(target.removeprefix("docs/")):
            return f"[{words}]({relpath(target.removeprefix('docs/'), dirname(source) or '.')}{anchor})"
        if not (ROOT / target).exists():
            return match[0]  # MkDocs warns, which ends the build
        return f"{words} (`{target}`)"

    return _LINK.sub(site_link, markdown.replace("<!-- verbs -->", verbs()))


def verbs() -> str:
    """The reference of all verbs as Markdown, from the program itself."""
    from typer.main import get_command

    from jmid_nlp.cli import app

    root = get_command(app)
    return "\n".join(_verb(name, command) for name, command in sorted(root.commands.items()))  # type: ignore[attr-defined]


def _verb(name: str, command: typer.core.TyperCommand) -> str:
    text, _, example = (command.help or "").replace("\b", "").partition("Example:")
    lines = [
        f"## {name}",
        "",
        text.strip(),
        "",
        "```sh",
        example.strip(),
        "```",
        "",
        "| argument, option | |",
        "|---|---|",
    ]
    for parameter in command.params:
        shown = (
            ", ".join(f'<code class="option">{o}</code>' for o in parameter.opts)
            if parameter.param_type_name == "option"
            else ""
        )
        default = parameter.default
        told = f" Default: `{getattr(default, 'value', default)}`." if default not in (None, False, (), []) else ""
        required = " Required." if parameter.required and shown else ""
        label = shown or f"`{parameter.metavar or parameter.name}`"
        lines.append(f"| {label} | {getattr(parameter, 'help', '') or ''}{required}{told} |".replace("…", "..."))
    return "\n".join([*lines, ""])
