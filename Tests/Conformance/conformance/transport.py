"""What the suite asks of TLS (FAPI 2.0 §5.2.1; BCP 195)."""
import socket
import ssl
import urllib.parse
import warnings


def handshake(room, version, ciphers=None):
    """The version that is agreed on when only this one is offered; None when nothing is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(room.wire.authority_file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    # Old versions are offered only below the library's own bar.
    context.set_ciphers(ciphers or "ALL:@SECLEVEL=0")
    where = urllib.parse.urlsplit(room.issuer)
    try:
        with socket.create_connection(("127.0.0.1", room.world.gateway.port), timeout=10) as plain, \
                context.wrap_socket(plain, server_hostname=where.hostname) as secured:
            return secured.version(), secured.cipher()[0]
    except (ssl.SSLError, OSError):
        return None


def check_tls(room):
    for name, version in (("1.0", ssl.TLSVersion.TLSv1), ("1.1", ssl.TLSVersion.TLSv1_1)):
        room.check(handshake(room, version) is None, f"TLS {name} is taken")
    room.should(handshake(room, ssl.TLSVersion.TLSv1_3), "TLS 1.3 is not offered (RFC 9325 §3.1.1)")
    old = handshake(room, ssl.TLSVersion.TLSv1_2)
    if old:
        allowed = ("ECDHE-RSA-AES128-GCM", "ECDHE-RSA-AES256-GCM", "ECDHE-ECDSA-AES128-GCM", "ECDHE-ECDSA-AES256-GCM")
        room.check(old[1].startswith(allowed) or "CHACHA20" in old[1], f"TLS 1.2 chose {old[1]} (RFC 9325 §4.2)")
        weak = handshake(room, ssl.TLSVersion.TLSv1_2,
                         "AES128-SHA:AES256-SHA:AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:@SECLEVEL=0")
        room.check(weak is None, f"TLS 1.2 agrees on {weak and weak[1]} (FAPI 2.0 §5.2.2)")
