"""The constructs, calls and imports of a Python program, read from its syntax tree. Pure."""

import ast
import keyword
from collections.abc import Iterator
from typing import Final, get_args

_Function = ast.FunctionDef | ast.AsyncFunctionDef

# The nodes that are a construct.
_NODES: Final[dict[str, tuple[type[ast.AST], ...]]] = {
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

# Constructs that a rule may name, in words.
WORDS: Final = {
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


def used(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Everything the program uses that a rule may speak of: (what, name)."""
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    methods = {member for one in classes for member in one.body}
    for node in ast.walk(tree):
        yield from (
            ("construct", name) for name, kinds in _NODES.items() if isinstance(node, kinds)
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


def ways(what: str, name: str) -> tuple[frozenset[tuple[str, str]], ...]:
    """The ways in which a program can use what a rule names, each as all that it uses then.

    Empty for what no program can use: a call of a word of the language's, or of a method that a
    type does not have.
    """
    match what, name.split("."):
        case "construct", _:
            return tuple(frozenset(("construct", one) for one in way) for way in _built(name))
        case _, parts if any(keyword.iskeyword(part) for part in parts):
            return ()
        case "import", _:
            return (frozenset({("construct", "import"), *_imported(name)}),)
        case "call", [_]:
            return frozenset({("call", name)}), _calls(name, name)
        case "call", [owner, method]:
            is_missing = owner in _TYPES and not hasattr(_TYPES[owner], method)
            return () if is_missing else (_calls(name, method),)
        case _:
            return ()  # longer names of calls are not looked for


def _built(construct: str) -> list[set[str]]:
    """The constructs that come with `construct`, for each node that is one."""
    functions = [set(_constructs_of(node)) for node in get_args(_Function)]
    if construct == "recursion":
        return [{"recursion", *function} for function in functions]
    found: list[set[str]] = []
    for node in _NODES[construct]:
        own = set(_constructs_of(node))
        match node:
            # Python has these inside of a function only.
            case ast.Return | ast.AsyncFor | ast.AsyncWith:
                found += [own | function for function in functions]
            case ast.Yield | ast.YieldFrom:
                found += [own | around for around in (*functions, {"lambda"})]
            case _:
                found.append(own)
    return found


def _constructs_of(node: type[ast.AST]) -> Iterator[str]:
    return (name for name, kinds in _NODES.items() if node in kinds)


def _calls(name: str, method: str) -> frozenset[tuple[str, str]]:
    """What a call of `method` of some object or module counts as, called `name`."""
    attribute = ast.Attribute(ast.Constant(None), method)
    return frozenset(("call", one) for one in (name, *_names_of(attribute)))


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
