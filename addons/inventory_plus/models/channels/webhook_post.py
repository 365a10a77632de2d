"""Posting to an address that a user gave: never into our own network, never on to somewhere else. No database."""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from typing import NamedTuple
from urllib.parse import urlsplit

#: Seconds to connect, between two bytes, and for all of it.
CONNECT, SILENCE, WHOLE = 5.0, 10.0, 20.0
#: So much of an answer is read (bytes).
READ = 2048
#: Addresses that stand for others: what they lead to is not seen in them.
TRANSLATED = [ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]
LONGEST_URL = 2000


class AddressError(Exception):
    """An address that is not posted to; ``code`` says why.

    ``url`` (no web address), ``https`` (only encrypted), ``user`` (a name or password in it), ``unknown`` (no such
    host), ``private`` (inside our network)
    """

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Target(NamedTuple):
    scheme: str
    host: str
    port: int
    path: str


def read_url(url, allowed=()):
    """The parts of a web address.

    :param allowed: hosts and networks (texts) to which it may go without encryption and although they are private
    :raise AddressError: it is not one that is posted to
    """
    if not isinstance(url, str) or len(url) > LONGEST_URL or not url.isascii() or any(ord(c) <= 32 for c in url):
        raise AddressError("url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressError("url") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise AddressError("url")
    if parts.username is not None or parts.password is not None:
        raise AddressError("user")
    if parts.scheme == "http" and not _is_allowed_host(parts.hostname, allowed):
        raise AddressError("https")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path)


def _is_allowed_host(host, allowed):
    if host in allowed:
        return True
    with contextlib.suppress(ValueError):
        return _is_allowed_address(ipaddress.ip_address(host), allowed)
    return False


def _is_allowed_address(address, allowed):
    for text in allowed:
        with contextlib.suppress(ValueError):
            if address in ipaddress.ip_network(text, strict=False):
                return True
    return False


def is_public(address):
    """Whether an address (of :mod:`ipaddress`) is one of the open internet."""
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in network for network in TRANSLATED if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast


def refuse_inside(target, allowed=()):
    """Refuse a host that says by itself that it is in our own network, without asking what its name leads to.

    :raise AddressError: it is one
    """
    host = target.host.rstrip(".")
    if _is_allowed_host(target.host, allowed):
        return
    if host == "localhost" or host.endswith(".localhost"):
        raise AddressError("private")
    with contextlib.suppress(ValueError):
        if not is_public(_literal(host)):
            raise AddressError("private")


def _literal(host):
    """The address that ``host`` is, also in the short forms of old (127.1).

    :raise ValueError: it is a name
    """
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            return ipaddress.ip_address(socket.inet_aton(host))
        except OSError:
            raise ValueError(host) from None


def resolve(target, allowed=()):
    """The address of a target, checked; the connection goes to this one, whatever its name leads to a moment later.

    :raise AddressError: unknown host, or one of its addresses is in our own network
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressError("unknown") from None
    addresses = [ipaddress.ip_address(entry[4][0].partition("%")[0]) for entry in found]
    if target.host not in allowed:
        for address in addresses:
            if not is_public(address) and not _is_allowed_address(address, allowed):
                raise AddressError("private")
    return str(addresses[0])


def post(url, body, headers, allowed=()):
    """POST ``body``; redirects are not followed.

    :param bytes body: what is sent
    :param dict headers: besides the usual ones
    :return: ``(status, first part of the answer as text)``
    :raise AddressError: an address that is not posted to
    :raise OSError, http.client.HTTPException: what went wrong on the way; TimeoutError when it took too long
    """
    target = read_url(url, allowed)
    address = resolve(target, allowed)
    held = [socket.create_connection((address, target.port), timeout=CONNECT)]
    # Silence is not all that can take long: a receiver that sends a byte now and then is cut off as well.
    is_over = threading.Event()
    timer = threading.Timer(WHOLE, _cut, (held, is_over))
    timer.daemon = True
    timer.start()
    try:
        held[0].settimeout(SILENCE)
        if target.scheme == "https":
            context = ssl.create_default_context()
            held.append(context.wrap_socket(held[0], server_hostname=target.host, do_handshake_on_connect=False))
            held[-1].do_handshake()
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.default_port = 443 if target.scheme == "https" else 80
        connection.sock = held[-1]
        connection.request("POST", target.path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(READ).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        if is_over.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
        held[-1].close()


def _cut(held, is_over):
    is_over.set()
    with contextlib.suppress(OSError):
        # Not SSLSocket.shutdown, which takes from the reading thread what it reads with.
        socket.socket.shutdown(held[-1], socket.SHUT_RDWR)
