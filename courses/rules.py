"""What a program uses, read from its syntax tree: `require` and `forbid`. Pure; nothing is run."""

import ast
from collections.abc import Iterator
from typing import Final, get_args

from courses.audience import Rule
from courses.python import syntax_tree

_Function = ast.FunctionDef | ast.AsyncFunctionDef

# The constructs that a rule may name, and the nodes that are one.
CONSTRUCTS: Final[dict[str, tuple[type[ast.AST], ...]]] = {
    "assert": (ast.Assert,),
    "class": (ast.ClassDef,),
    "comprehension": (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    "dict": (ast.Dict, ast.DictComp),
    "f-string": (ast.JoinedStr,),
    "for": (ast.For, ast.AsyncFor),
    "function": get_args(_Function),
    "global": (ast.Global, ast.Nonlocal),
    "if": (ast.If, ast.IfExp),
    "import": (ast.Import, ast.ImportFrom),
    "lambda": (ast.Lambda,),
    "list": (ast.List, ast.ListComp),
    "loop": (ast.For, ast.AsyncFor, ast.While),
    "recursion": (),  # no node of its own: a function that calls itself
    "return": (ast.Return,),
    "set": (ast.Set, ast.SetComp),
    "slice": (ast.Slice,),
    "try": (ast.Try, ast.TryStar),
    "while": (ast.While,),
    "with": (ast.With, ast.AsyncWith),
    "yield": (ast.Yield, ast.YieldFrom),
}

_SAID: Final = {
    ("require", "construct"): "The program must use {name}.",
    ("require", "call"): "The program must call `{name}`.",
    ("require", "import"): "The program must import `{name}`.",
    ("forbid", "construct"): "The program must do without {name}.",
    ("forbid", "call"): "The program must do without calling `{name}`.",
    ("forbid", "import"): "The program must do without importing `{name}`.",
}
_PLAIN: Final = {
    "assert": "`assert`",
    "class": "a class",
    "comprehension": "a comprehension",
    "dict": "a dictionary in braces",
    "f-string": "an f-string",
    "for": "a `for` loop",
    "function": "a function",
    "global": "`global`",
    "if": "`if`",
    "import": "`import`",
    "lambda": "`lambda`",
    "list": "a list in brackets",
    "loop": "a loop",
    "recursion": "a function that calls itself",
    "return": "`return`",
    "set": "a set in braces",
    "slice": "a slice",
    "try": "`try`",
    "while": "a `while` loop",
    "with": "`with`",
    "yield": "`yield`",
}


def broken(rules: tuple[Rule, ...], program: str) -> tuple[Rule, ...]:
    """The rules that `program` does not keep, in order; none if it does not parse."""
    if not rules or (tree := syntax_tree(program)) is None:
        return ()
    used = frozenset(_used(tree))
    return tuple(
        rule for rule in rules if ((rule.what, rule.name) in used) != (rule.verb == "require")
    )


def sentence(rule: Rule) -> str:
    """The rule as a student or an author reads it."""
    name = _PLAIN.get(rule.name, rule.name) if rule.what == "construct" else rule.name
    return _SAID[rule.verb, rule.what].format(name=name)


def _used(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Everything the program uses that a rule may speak of: (what, name)."""
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    methods = {member for one in classes for member in one.body}
    for node in ast.walk(tree):
        yield from (
            ("construct", name) for name, kinds in CONSTRUCTS.items() if isinstance(node, kinds)
        )
        match node:
            case ast.Call(func=function):
                yield from (("call", name) for name in _names_of(function))
            case ast.Import(names=names):
                yield from (found for alias in names for found in _imported(alias.name))
            case ast.ImportFrom(module=str(module), names=names):
                yield from _imported(module)
                yield from (("import", f"{module}.{alias.name}") for alias in names)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if _calls_itself(node, methods):
                yield "construct", "recursion"


def _imported(module: str) -> Iterator[tuple[str, str]]:
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        yield "import", ".".join(parts[:end])


def _names_of(function: ast.expr) -> Iterator[str]:
    """By what names a call may be meant: `numbers.sort()` is `sort` and `list.sort`.

    Of which type the object is cannot be read from the program: a method counts for every type.
    """
    match function:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(value=owner, attr=name):
            yield name
            yield from (f"{kind}.{name}" for kind in _TYPES if hasattr(_TYPES[kind], name))
            if isinstance(owner, ast.Name):
                yield f"{owner.id}.{name}"


_TYPES: Final[dict[str, type]] = {
    kind.__name__: kind for kind in (list, dict, set, str, tuple, bytes, int, float, frozenset)
}


def _calls_itself(function: _Function, methods: set[ast.stmt]) -> bool:
    """A method may do so through any object: `self.left.depth()` is recursion, in a tree."""
    calls = (
        node.func
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
    )
    for called in calls:
        match called:
            case ast.Name(id=name) if name == function.name:
                return True
            case ast.Attribute(attr=name) if name == function.name and function in methods:
                return True
    return False
