"""The address that a request comes from, and the part of it that one guesser can be told by."""

from ipaddress import IPv6Address, ip_address


def address_of(remote: str, forwarded: str, *, behind_proxy: bool) -> str:
    """The caller's address, "" where there is none.

    Behind a proxy it is what the proxy itself wrote, the last of `forwarded` (X-Forwarded-For): everything before that
    came from the caller. An IPv4 address written as IPv6 is the IPv4 one.
    """
    said = forwarded.rpartition(",")[2].strip() if behind_proxy and forwarded.strip() else remote
    try:
        found = ip_address(said)
    except ValueError:  # a Unix socket, or nonsense
        return ""
    return str((found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found)


def network_of(address: str) -> str:
    """An IPv4 address as it is; of an IPv6 address its /64, as one caller has all of that."""
    if ":" not in address:
        return address
    return str(IPv6Address(int(IPv6Address(address)) >> 64 << 64))
