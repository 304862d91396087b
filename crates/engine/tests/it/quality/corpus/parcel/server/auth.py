"""Who may call the server."""

import hashlib
import hmac


class TokenError(Exception):
    """The token is missing, malformed or expired."""


def sign(secret, user, expires_at):
    """Makes a bearer token for a user that is valid until a time."""
    body = f"{user}.{expires_at}"
    digest = hmac.new(secret, body.encode(), hashlib.sha256).hexdigest()
    return f"{body}.{digest}"


def authenticate(secret, token, now):
    """Returns the user of a valid token; compares in constant time."""
    try:
        user, expires_at, digest = token.split(".")
    except ValueError as error:
        raise TokenError("malformed") from error
    expected = sign(secret, user, expires_at).rsplit(".", 1)[1]
    if not hmac.compare_digest(expected, digest):
        raise TokenError("forged")
    if float(expires_at) < now:
        raise TokenError("expired")
    return user
