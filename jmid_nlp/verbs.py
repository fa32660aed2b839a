"""Rooms whose name is also a verb: `jmid_nlp.findings(text)` works though `jmid_nlp.findings` is a package, too.

Python binds a submodule to its parent under its own name as soon as anything imports it, so the public functions `findings`
and `align` would vanish behind the packages of the same name. A package that can be called is both.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    """A package that, when called, calls the public function of its name."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self._verb(*args, **options)

    @property
    def _verb(self) -> Any:
        return getattr(import_module("jmid_nlp.api"), self.__name__.rpartition(".")[2])


def make_callable(package: str) -> None:
    """Let the package of that name be called like the public function of its last part."""
    sys.modules[package].__class__ = _CallablePackage
