"""Lists page by page: how many, from where on, and the token for the rest.

Owns the walk over a list that is ordered by name. Page sizes and their refusals differ for each operation and are the
handlers'. A token belongs to a kind of resource, an account and a region, so v1 and v2 take each other's (ses: probed).
"""

from collections.abc import Callable
from typing import TypeVar

from tayori.api.registry import Call

T = TypeVar("T")


def page(
    call: Call, kind: str, token: str | None, size: int, fetch: Callable[[str, int], list[T]], name: Callable[[T], str]
) -> tuple[list[T], str | None]:
    """Up to `size` items behind the position of `token`, and the token of the next page where there is one.

    `fetch(after, limit)` gives items in the order of their names. Raises BadPageToken.
    """
    bound_to = f"{kind}/{call.account_id}/{call.region}"
    after = str(call.pages.decode(bound_to, token)[0]) if token else ""
    items = fetch(after, size + 1)
    if len(items) <= size:
        return items, None
    return items[:size], call.pages.encode(bound_to, [name(items[size - 1])])
