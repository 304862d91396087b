import pytest

from parcel.server.auth import TokenError, authenticate, sign


def test_a_forged_token_is_refused():
    token = sign(b"other", "ada", "99")
    with pytest.raises(TokenError):
        authenticate(b"secret", token, 1)
