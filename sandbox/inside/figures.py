"""Matplotlib's figures as files: `show` saves all that are open, and so does a program's end."""

import contextlib
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

from .wire import PROGRAM_DIR

MOST_FIGURES = 12


PYPLOT = "matplotlib.pyplot"


def prepare_later() -> None:
    """`prepare` as soon as the program loads Matplotlib, if it ever does."""
    sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds Matplotlib as everybody does, and prepares it when it is loaded."""

    def find_spec(self, fullname: str, path: Any = None, _target: Any = None) -> ModuleSpec | None:
        if fullname != PYPLOT:
            return None
        sys.meta_path.remove(self)
        if (spec := PathFinder.find_spec(fullname, path)) and spec.loader:
            load = spec.loader.exec_module

            def exec_module(module: Any) -> None:
                load(module)
                prepare()

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def prepare() -> None:
    """Once Matplotlib is loaded: no window is needed, and `show` saves."""
    pyplot: Any = sys.modules.get(PYPLOT)
    if not pyplot:
        return
    saved: set[int] = set()
    figure_class = sys.modules["matplotlib.figure"].Figure
    savefig = figure_class.savefig

    def saves(figure: Any, *args: Any, **kwargs: Any) -> Any:
        saved.add(id(figure))
        return savefig(figure, *args, **kwargs)

    def show(*_: Any, **__: Any) -> None:
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            if id(figure) not in saved and (path := _free_path()):
                figure.savefig(path)
            pyplot.close(number)
            saved.discard(id(figure))

    figure_class.savefig = saves
    pyplot.show = show


def save_open() -> None:
    """Save what the program has drawn and neither shown nor saved. Never raises."""
    if pyplot := sys.modules.get(PYPLOT):
        with contextlib.suppress(BaseException):
            pyplot.show()


def _free_path() -> str:
    """A file for the next figure; empty if there are too many."""
    paths = (f"{PROGRAM_DIR}/figure-{number}.png" for number in range(1, MOST_FIGURES + 1))
    return next((path for path in paths if not os.path.lexists(path)), "")
