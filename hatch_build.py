"""Build hook of the compiled wheel: the rooms that read texts become C extensions by mypyc; their sources stay beside them.

    HATCH_BUILD_HOOKS_ENABLE=1 pip wheel --no-deps --wheel-dir dist .

Off by default: any other wheel is pure Python. Which modules are compiled stands in `pyproject.toml`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Packages that are not there are Any, so that a build does not depend on what happens to be installed.
_MYPY = ("--no-site-packages", "--ignore-missing-imports", "--follow-imports=silent", "--config-file=")


class CompileHook(BuildHookInterface[Any]):
    """Puts compiled modules into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compiles, and names the results as files of the wheel.

        Args:
            version: `standard`, or `editable`, where nothing is compiled.
            build_data: What hatchling goes by: files to add, and the wheel's tag.
        """
        if version == "editable":
            return
        root = Path(self.root)
        self._work = Path(tempfile.mkdtemp(prefix="compiled-"))
        library = compiled(root, modules(root, self.config), self._work)
        for file in sorted((*library.rglob("*.so"), *library.rglob("*.pyd"))):
            build_data["force_include"][str(file)] = file.relative_to(library).as_posix()
        build_data.update(pure_python=False, infer_tag=True)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes what the compiler left."""
        if version != "editable":
            shutil.rmtree(self._work, ignore_errors=True)


def modules(root: Path, settings: dict[str, Any]) -> list[str]:
    """The modules to compile, relative to the project.

    Args:
        root: The project's folder.
        settings: `compile`, patterns of paths, and `plain`, paths that stay as they are.

    Raises:
        ValueError: A module of `plain` is not there.
    """
    found = {f.relative_to(root).as_posix() for place in settings["compile"] for f in root.glob(place)}
    if missing := sorted(f for f in settings["plain"] if not (root / f).is_file()):
        raise ValueError(f"`plain` in pyproject.toml names modules that are not there: {', '.join(missing)}")
    return sorted(f for f in found.difference(settings["plain"]) if not f.endswith("__init__.py"))


def compiled(root: Path, chosen: list[str], work: Path) -> Path:
    """The folder of the compiled modules, laid out as the package is.

    Args:
        root: The project's folder.
        chosen: Paths of the modules in it, two or more.
        work: An empty folder for what the compiler writes.
    """
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    before = Path.cwd()
    os.chdir(root)
    try:
        options = [*_MYPY, f"--cache-dir={work / 'cache'}"]
        extensions = mypycify(
            [*options, *chosen], opt_level="3", debug_level="0", multi_file=True, target_dir=str(work / "c")
        )
        command = build_ext(Distribution({"name": "jmid-nlp", "ext_modules": extensions}))
        command.build_lib, command.build_temp = str(work / "lib"), str(work / "temp")
        command.parallel = os.cpu_count()
        command.ensure_finalized()
        command.run()
    finally:
        os.chdir(before)
    return work / "lib"
