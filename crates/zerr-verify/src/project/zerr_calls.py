"""Calls of a function with arguments that its annotations allow, or what tests give it: which ones there are, and what comes of
them. `zerr_calls.py list|call FILE PATH FROM`: the file of the function, its path as JSON, and the number
of the first call. Writes a line of JSON for each call to the file that ZERR_CALLS names.

Values of the project's classes are made by their constructors. A value is a pair: how people write it,
and what makes it anew."""

import asyncio
import collections.abc
import dataclasses
import datetime
import decimal
import enum
import fractions
import importlib
import inspect
import itertools
import json
import os
import pathlib
import sys
import types
import typing

CALLS_MAX = 24
VALUES_MAX = 6
DEPTH_MAX = 4
SHOWN_MAX = 2000

_write = open(os.environ.pop("ZERR_CALLS", os.devnull), "a", encoding="utf-8", buffering=1).write

# What types are called, in a form that every version of Python takes.
TYPES = {of.__name__: of for of in (bool, int, float, str, bytes)}
TYPES.update(
    list=typing.List, set=typing.Set, frozenset=typing.FrozenSet, tuple=typing.Tuple, dict=typing.Dict, Optional=typing.Optional
)


def assumed():
    """The types that are not written, from use; those that this Python cannot make are left out."""
    found = {}
    for name, kind in json.loads(os.environ.pop("ZERR_ASSUMED", "{}")).items():
        try:
            found[name] = eval(kind, {"__builtins__": {}}, dict(TYPES))
        except Exception:
            pass
    return found


ASSUMED = assumed()

PLAIN = {
    int: [0, 1, -1, 2, 7, 100],
    float: [0.0, 1.0, -1.5, 2.5, 100.0],
    complex: [0j, 1 + 2j],
    bool: [False, True],
    str: ["", "a", "Hello World", "a,b", "12", "ß é"],
    bytes: [b"", b"a", b"\x00\xff"],
    type(None): [None],
    typing.Any: [0, "a", None],
    object: [0, "a", None],
}

MADE = {
    datetime.date: ["date(2024, 2, 29)", "date(1970, 1, 1)"],
    datetime.datetime: ["datetime(2024, 2, 29, 12, 30)", "datetime(1970, 1, 1)"],
    datetime.time: ["time(0, 0)", "time(23, 59, 59)"],
    datetime.timedelta: ["timedelta(0)", "timedelta(days=1, seconds=1)"],
    decimal.Decimal: ["Decimal('0')", "Decimal('1.50')", "Decimal('-2')"],
    fractions.Fraction: ["Fraction(0)", "Fraction(1, 3)"],
    pathlib.Path: ["Path('')", "Path('a/b.txt')"],
    pathlib.PurePath: ["PurePath('a/b.txt')"],
}
NAMES = {
    **{name: getattr(datetime, name) for name in ("date", "datetime", "time", "timedelta")},
    "Decimal": decimal.Decimal,
    "Fraction": fractions.Fraction,
    "Path": pathlib.Path,
    "PurePath": pathlib.PurePath,
}

LISTS = {
    list, collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Iterable,
    collections.abc.Collection, collections.abc.Reversible,
}  # fmt: skip
SETS = {set: "", frozenset: "frozenset", collections.abc.Set: "", collections.abc.MutableSet: ""}
DICTS = {dict, collections.abc.Mapping, collections.abc.MutableMapping}


def constant(value):
    return (repr(value), lambda: value)


def in_step(parts):
    """The first values together, then the second ones, and so on."""
    if not all(parts):
        return []
    longest = max((len(part) for part in parts), default=1)
    return [
        [part[(row + place) % len(part)] for place, part in enumerate(parts)]
        for row in range(longest)
    ]


def group(before, items, after, make):
    items = list(items)
    text = before + ", ".join(shown for shown, _ in items) + after
    return (text, lambda: make([each() for _, each in items]))


def lists(items, before="[", after="]", make=list):
    if not items:
        return []
    some = items[:4]
    chosen = [[], items[:1], some, some[::-1], [items[0], items[0]]]
    return [group(before, one, after, make) for one in chosen]


def of_union(hint, depth):
    each = [values(one, depth) for one in typing.get_args(hint)]
    return [one for row in itertools.zip_longest(*each) for one in row if one is not None]


def of_generic(origin, args, depth):
    if origin is tuple:
        if len(args) == 2 and args[1] is Ellipsis:
            return lists(values(args[0], depth), "(", ",)", tuple)[1:]
        rows = in_step([values(one, depth) for one in args])
        return [group("(", row, ",)" if len(row) == 1 else ")", tuple) for row in rows]
    if origin in LISTS:
        return lists(values(args[0], depth) if args else values(int, depth))
    if origin in SETS:
        inner = values(args[0], depth) if args else values(int, depth)
        name = SETS[origin]
        make = frozenset if name else set
        return [("set()" if not name else "frozenset()", make)] + [
            group(f"{name}({{" if name else "{", one, "})" if name else "}", make)
            for one in (inner[:1], inner[:3])
            if one
        ]
    if origin in DICTS:
        pairs = in_step([values(one, depth) for one in args or (str, int)])
        chosen = [[], pairs[:1], pairs[:3]] if pairs else []
        return [
            (
                "{" + ", ".join(f"{key[0]}: {value[0]}" for key, value in one) + "}",
                lambda one=one: {key[1](): value[1]() for key, value in one},
            )
            for one in chosen
        ]
    if origin in (collections.abc.Iterator, collections.abc.Generator):
        return [
            (f"iter({shown})", lambda make=make: iter(make()))
            for shown, make in lists(values(args[0], depth) if args else values(int, depth))
        ]
    if origin is typing.Annotated:
        return values(args[0], depth)
    return []


def values(hint, depth=DEPTH_MAX):
    """Pairs of how a value is written and what makes it; none where nobody knows how."""
    if depth == 0:
        return []
    return _values(hint, depth - 1)[:VALUES_MAX]


def _values(hint, depth):
    if hint is None:
        hint = type(None)
    try:
        if hint in PLAIN:
            return [constant(value) for value in PLAIN[hint]]
        if hint in MADE:
            return [(text, lambda text=text: eval(text, dict(NAMES))) for text in MADE[hint]]
    except TypeError:
        return []
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union or origin is getattr(types, "UnionType", ()):
        return of_union(hint, depth)
    if origin is typing.Literal:
        return [constant(value) for value in args]
    if origin is not None:
        found = of_generic(origin, args, depth)
        if found or not inspect.isclass(origin):
            return found
        hint = origin
    if hint in LISTS or hint in SETS or hint in DICTS:
        return of_generic(hint, (), depth)
    if hint is tuple:
        return [group("(", row, ",)", tuple) for row in ([constant(0)], [constant("a")])]
    if isinstance(hint, typing.TypeVar):
        return values(hint.__constraints__[0] if hint.__constraints__ else hint.__bound__ or int, depth + 1)
    if hasattr(hint, "__supertype__"):
        return values(hint.__supertype__, depth + 1)
    if inspect.isclass(hint):
        return of_class(hint, depth)
    return []


def of_class(cls, depth):
    if issubclass(cls, enum.Enum):
        return [(f"{cls.__name__}.{one.name}", lambda one=one: one) for one in cls]
    if inspect.isabstract(cls) or getattr(cls, "_is_protocol", False):
        return []
    if cls.__module__ in ("builtins", "typing", "collections.abc"):
        return []
    try:
        parameters = list(inspect.signature(cls).parameters.values())
    except (TypeError, ValueError):
        return []
    hints = hints_of(cls.__init__) or hints_of(cls)
    for name, one in hints_of(cls).items():
        hints.setdefault(name, one)
    rows = rows_of(parameters, hints, depth)
    return [
        (call_text(cls.__name__, row), lambda row=row: cls(*made(row)[0], **made(row)[1]))
        for row in rows
    ]


def hints_of(of):
    try:
        return dict(typing.get_type_hints(of))
    except Exception:
        return {}


def rows_of(parameters, hints, depth):
    """Arguments of one call each: names (none for positional ones) with values."""
    names, parts = [], []
    # Behind one that is left out, all others need their names.
    by_name = False
    for one in parameters:
        if one.kind == one.VAR_KEYWORD:
            continue
        hint = hints.get(one.name, one.annotation)
        found = [] if hint is one.empty or isinstance(hint, str) else values(hint, depth)
        if one.kind == one.VAR_POSITIONAL:
            if found and not by_name:
                names += [None, None]
                parts += [found, found]
            continue
        if not found:
            if one.default is one.empty:
                return []
            by_name = True
            continue
        is_named = one.kind == one.KEYWORD_ONLY or by_name
        if is_named and one.kind == one.POSITIONAL_ONLY:
            continue
        names.append(one.name if is_named else None)
        parts.append(found)
    if not parts:
        return [[]]
    longest = max(map(len, parts))
    rows = []
    for shift in range(longest):
        for first in range(longest):
            row = [part[(first + shift * place) % len(part)] for place, part in enumerate(parts)]
            rows.append(list(zip(names, row)))
            if len(rows) >= 2 * CALLS_MAX:
                return rows
    return rows


def made(row):
    positional = [make() for name, (_, make) in row if name is None]
    return positional, {name: make() for name, (_, make) in row if name is not None}


def call_text(name, row):
    shown = [text if key is None else f"{key}={text}" for key, (text, _) in row]
    return f"{name}({', '.join(shown)})"


def load(file):
    """The module of a file, by the name that its package gives it."""
    path = pathlib.Path(file).resolve()
    parts = [] if path.stem == "__init__" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return importlib.import_module(".".join(parts))


def calls(module, path):
    """Text, and what makes the arguments: the receiver, positional ones, others."""
    *outer, name = path
    owner = module
    for part in outer:
        owner = getattr(owner, part)
    if name in ("__init__", "__new__", "__del__", "__post_init__"):
        return []
    raw = inspect.getattr_static(owner, name)
    is_class = inspect.isclass(owner)
    is_bound = is_class and not isinstance(raw, (staticmethod, classmethod))
    function = raw.fget if isinstance(raw, property) else getattr(raw, "__func__", raw)
    function = inspect.unwrap(getattr(function, "func", function))
    parameters = list(inspect.signature(function).parameters.values())
    if is_class and not isinstance(raw, staticmethod):
        parameters = parameters[1:]
    # What is not written is assumed from use.
    hints = {**ASSUMED, **hints_of(function)}
    rows = rows_of(parameters, hints, DEPTH_MAX)
    receivers = of_class(owner, DEPTH_MAX) if is_bound else [(owner.__name__ if is_class else "", None)]
    if not rows or not receivers:
        return []
    found = {}
    for at in range(max(len(rows), len(receivers))):
        (shown, receiver), row = receivers[at % len(receivers)], rows[at % len(rows)]
        before = f"{shown}." if shown else ""
        text = f"{before}{name}" if isinstance(raw, property) else before + call_text(name, row)
        found.setdefault(text, (receiver, row))
    return [(text, receiver, row, owner, name, raw) for text, (receiver, row) in found.items()]


class Unseen(Exception):
    """A value that cannot be written down."""


def show(value, depth=6):
    if depth == 0:
        raise Unseen
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes, enum.Enum, range)):
        return repr(value) if not isinstance(value, enum.Enum) else f"{type(value).__name__}.{value.name}"
    each = lambda items: [show(one, depth - 1) for one in items]  # noqa: E731
    name = type(value).__name__
    if isinstance(value, dict):
        inner = ", ".join(f"{show(key, depth - 1)}: {show(one, depth - 1)}" for key, one in value.items())
        return ("" if type(value) is dict else name) + "{" + inner + "}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(each(value))
        return f"[{inner}]" if type(value) is list else f"({inner})" if type(value) is tuple else f"{name}({inner})"
    if isinstance(value, (set, frozenset)):
        return name + "{" + ", ".join(sorted(each(value))) + "}"
    if inspect.isclass(value) or inspect.isroutine(value):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', name)}"
    if isinstance(value, collections.abc.Iterator):
        items = list(itertools.islice(value, 101))
        return f"{'…' if len(items) > 100 else ''}<{', '.join(each(items[:100]))}>"
    text = repr(value)
    if " at 0x" not in text:
        return text
    inner = getattr(value, "__dict__", None)
    if inner is None:
        raise Unseen
    return f"{name}({', '.join(f'{key}={show(one, depth - 1)}' for key, one in inner.items())})"


def once(call):
    text, receiver, row, owner, name, raw = call
    try:
        positional, named = made(row)
        target = receiver() if receiver else owner
        args = [*positional, *named.values()]
        before = [seen(one) for one in args]
        own = seen(target) if receiver else None
    except BaseException:
        return ("unsettled", "")
    try:
        result = getattr(target, name)
        if not isinstance(raw, property):
            result = result(*positional, **named)
        if inspect.iscoroutine(result):
            result = asyncio.run(result)
        told = show(result)
    except Unseen:
        return ("unsettled", "")
    except BaseException as error:
        return ("stopped", type(error).__name__)
    for at, (one, was) in enumerate(zip(args, before)):
        if was is not None and seen(one) not in (None, was):
            told += f"; argument {at + 1} is {seen(one)}"
    if own is not None and seen(target) not in (None, own):
        told += f"; it is {seen(target)}"
    return ("gave", told)


def seen(value):
    # Looking into an iterator takes what is in it.
    if isinstance(value, collections.abc.Iterator):
        return None
    try:
        return show(value)
    except BaseException:
        return None


def main(mode, file, path, first):
    found = calls(load(file), json.loads(path))
    if mode == "list":
        chosen = []
        for call in found:
            try:
                made(call[2])
                if call[1]:
                    call[1]()
            except BaseException:
                continue
            chosen.append(call[0])
        for text in chosen[:CALLS_MAX]:
            _write(json.dumps({"call": text}) + "\n")
        return
    wanted = json.loads(os.environ.get("ZERR_CALLS_WANTED", "[]"))
    by_text = {call[0]: call for call in found}
    for at, text in enumerate(wanted):
        if at < int(first):
            continue
        what, told = "unsettled", ""
        if text in by_text:
            what, told = once(by_text[text])
            if (what, told) != once(by_text[text]):
                what, told = "unsettled", ""
        if len(told) > SHOWN_MAX:
            told = f"{told[:SHOWN_MAX]}… ({len(told)} characters)"
        _write(json.dumps({"at": at, "what": what, "told": told}) + "\n")


main(*sys.argv[1:5])
