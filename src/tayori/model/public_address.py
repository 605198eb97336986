"""Which IP addresses may be connected to at a stranger's word.

Owns the one rule: public unicast addresses, and networks that the operator has opened. What carries an address of
version 4 inside one of version 6 leads wherever that is, so it is never public (IPv4-mapped, NAT64, 6to4, Teredo).
"""

import ipaddress
from collections.abc import Sequence
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_UNICAST_6 = ipaddress.ip_network("2000::/3")  # so no mapped, compatible, NAT64 (64:ff9b::/96) or local address
# What Python's registries count as global, or did until lately, and nobody's web server has.
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments; a cloud's metadata at .192
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "168.63.129.16/32",  # a cloud's host agent, in public space
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation (RFC 9637)
    )
)


def may_be_reached(text: str, allowed_networks: Sequence[Network] = ()) -> bool:
    """Whether the address `text` may be connected to."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in allowed_networks) or is_public(address)


def is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv6Address) and (address not in _UNICAST_6 or address.scope_id):
        return False
    return not any(address in network for network in _NEVER)
