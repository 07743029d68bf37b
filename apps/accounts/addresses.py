"""Who asks: the address by which readers are counted; of sign-ins only a keyed hash that nobody can read is kept."""

from __future__ import annotations

import ipaddress
import re

from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.throttling import BaseThrottle


def network_of(request: HttpRequest) -> str:
    """The address behind as many proxies of ours as NUM_PROXIES says; of IPv6 the network, which is one household.

    What is no address, as behind a socket, comes back as it is.
    """
    told = BaseThrottle().get_ident(request) or ""  # type: ignore[arg-type]
    try:
        address = ipaddress.ip_address(told.strip())
    except ValueError:
        return told
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def scrambled(request: HttpRequest) -> str:
    """The address's keyed hash in the shape of an address, for a column of such; no network of the internet has it."""
    digest = salted_hmac("trialtracker.accounts.address", network_of(request), algorithm="sha256").digest()
    return str(ipaddress.IPv6Address(b"\xfd" + digest[:15]))


def place_of(request: HttpRequest) -> str:
    """A network and a browser, whatever its version, as one keyed hash: enough to know it again."""
    browser = re.sub(r"[\d._]+", "", request.META.get("HTTP_USER_AGENT", ""))
    told = f"{network_of(request)}\n{browser}"
    return salted_hmac("trialtracker.accounts.place", told, algorithm="sha256").hexdigest()
