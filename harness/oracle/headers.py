"""Header lists: ordered (name, value) pairs with duplicates kept, and Fetch's operations on them.

Both strings are latin-1 text, one character per byte, so any byte can be carried. Every operation
returns a new tuple; nothing is changed in place. https://fetch.spec.whatwg.org/#terminology-headers
"""

from __future__ import annotations

from typing import TypeAlias

from harness.oracle.grammar import MALFORMED, Malformed, byte_lowercase, parse_list

Headers: TypeAlias = tuple[tuple[str, str], ...]


def get(name: str, headers: Headers) -> str | None:
    """#concept-header-list-get: all values of `name` joined by comma and blank, or None.

    This is why two Access-Control-Allow-Origin fields can never match an origin.
    """
    values = get_all(name, headers)
    return ", ".join(values) if values else None


def by_name(headers: Headers) -> dict[str, str]:
    """What `get` returns for each name that is there, in lower case."""
    values: dict[str, str] = {}
    for name, value in headers:
        lower = byte_lowercase(name)
        values[lower] = f"{values[lower]}, {value}" if lower in values else value
    return values


def get_all(name: str, headers: Headers) -> list[str]:
    """The values of the fields called `name`, one by one, in order."""
    wanted = byte_lowercase(name)
    return [value for other, value in headers if byte_lowercase(other) == wanted]


def contains(name: str, headers: Headers) -> bool:
    """#header-list-contains: names are compared byte-case-insensitively."""
    return bool(get_all(name, headers))


def append(name: str, value: str, headers: Headers) -> Headers:
    """#concept-header-list-append. Step 1: a name already there keeps its first spelling."""
    return (*headers, (first_spelling(name, headers), value))


def delete(name: str, headers: Headers) -> Headers:
    """#concept-header-list-delete."""
    unwanted = byte_lowercase(name)
    return tuple(header for header in headers if byte_lowercase(header[0]) != unwanted)


def set_value(name: str, value: str, headers: Headers) -> Headers:
    """#concept-header-list-set: the first such header takes the value, the others go."""
    first = next((i for i, (other, _) in enumerate(headers) if byte_lowercase(other) == byte_lowercase(name)), None)
    if first is None:
        return (*headers, (name, value))
    return (*headers[:first], (headers[first][0], value), *delete(name, headers[first:]))


def combine(name: str, value: str, headers: Headers) -> Headers:
    """#concept-header-list-combine: what `setRequestHeader` does where `Headers.append` appends."""
    present = get(name, headers)
    return set_value(name, value if present is None else f"{present}, {value}", headers)


def sorted_lowercase_set(names: list[str]) -> tuple[str, ...]:
    """#convert-header-names-to-a-sorted-lowercase-set."""
    return tuple(sorted({byte_lowercase(name) for name in names}))


def sort_and_combine(headers: Headers) -> Headers:
    """#concept-header-list-sort-and-combine: what script iterates over.

    The step that keeps Set-Cookie fields apart is left out: no response that script can read has one.
    """
    combined: dict[str, str] = {}
    for name, value in headers:
        key = byte_lowercase(name)
        combined[key] = f"{combined[key]}, {value}" if key in combined else value
    return tuple(sorted(combined.items()))


def extract_list_values(name: str, headers: Headers) -> tuple[str, ...] | Malformed | None:
    """#extract-header-list-values for the `#token` headers of the CORS protocol.

    None: no such header. An empty tuple: the header is there and lists nothing. MALFORMED: one of
    its fields breaks the grammar (step 4.2), which voids the others as well.
    """
    fields = get_all(name, headers)
    if not fields:  # step 1
        return None
    values: list[str] = []
    for field in fields:  # step 4
        extract = parse_list(field)
        if isinstance(extract, Malformed):
            return MALFORMED
        values.extend(extract)
    return tuple(values)


def first_spelling(name: str, headers: Headers) -> str:
    """The name as the header list has it, or as it is given here where the list has it not."""
    wanted = byte_lowercase(name)
    return next((other for other, _ in headers if byte_lowercase(other) == wanted), name)
