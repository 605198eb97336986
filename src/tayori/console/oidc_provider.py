"""What is asked of an OpenID Connect provider, and what is believed of its answers.

Owns discovery, keys and the exchange of a code for a token, over the outgoing HTTP that bounds time, size and place;
and the proof of a token: its signature by a key that the provider publishes, never by a secret, issuer, audience,
times and nonce. Keys are kept for an hour, and asked for anew where a token names one that is not there. OpenID Connect
Core 1.0, 3.1.3; RFC 6749 4.1.3; RFC 7517; RFC 8725.
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import jwt

from tayori.clock import Clock
from tayori.events.outgoing_http import OutgoingError, OutgoingHttp
from tayori.model import sign_in_provider as model
from tayori.model.sign_in_provider import Metadata, Person, Provider, Unusable

# By the kind of key: a secret is none of them, and "none" is no algorithm (RFC 8725 3.1, 3.2).
_ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
_KEPT = timedelta(hours=1)
_SOONEST = timedelta(seconds=30)  # between two askings for a key that is not there
_LEEWAY = timedelta(minutes=1)
_LONGEST_TOKEN = 32 * 1024
_MOST_KEYS = 100


class ProviderDoor:
    """One provider. `secret` tells the client's secret, or raises where it cannot be read; empty is none."""

    def __init__(
        self, provider: Provider, *, outgoing: OutgoingHttp, clock: Clock, secret: Callable[[], str], return_url: str
    ) -> None:
        self.provider = provider
        self._outgoing = outgoing
        self._clock = clock
        self._secret = secret
        self._return_url = return_url
        self._metadata: tuple[datetime, Metadata] | None = None
        self._keys: tuple[datetime, list[dict[str, Any]]] | None = None

    async def sign_in_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes. Raises Unusable."""
        found = await self._discovered()
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self._return_url,
            "scope": " ".join(self.provider.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": model.challenge(verifier),
            "code_challenge_method": "S256",
        }
        mark = "&" if "?" in found.authorization_endpoint else "?"
        return found.authorization_endpoint.partition("#")[0] + mark + urlencode(asked)

    async def person(self, *, code: str, issuer: str | None, nonce: str, verifier: str) -> Person:
        """Who has signed in there; `issuer` is what the answer of its page says of itself. Raises Unusable."""
        found = await self._discovered()
        if (found.names_issuer or issuer is not None) and issuer != self.provider.issuer:
            raise Unusable("the answer of its page comes from another issuer")
        token = await self._token(found, code, verifier)
        claims = await self._proven(found, token)
        said = claims.get("nonce")
        if not isinstance(said, str) or not hmac.compare_digest(said.encode("utf-8", "replace"), nonce.encode()):
            raise Unusable("its token was made for another sign-in")
        return model.person(claims, self.provider.client_id)

    # -- what it says ----------------------------------------------------------------------------------------------

    async def _discovered(self) -> Metadata:
        now = self._clock.wall()
        if self._metadata is None or not now - _KEPT < self._metadata[0] <= now:
            said = model.document(await self._get(model.discovery_url(self.provider.issuer)))
            self._metadata = now, model.metadata(said, self.provider.issuer)
        return self._metadata[1]

    async def _get(self, url: str) -> bytes:
        return await self._ask("GET", url, [("Accept", "application/json")], b"")

    async def _ask(self, method: str, url: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
        try:
            answer = await self._outgoing.request(method, url, headers, body)
        except OutgoingError as error:
            raise Unusable(str(error)) from error
        if answer.status != 200:  # a redirect is not followed
            raise Unusable(f"it answered {answer.status} to {method} {url}")
        return answer.body

    async def _token(self, found: Metadata, code: str, verifier: str) -> str:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._return_url}
        form = {**given, "code_verifier": verifier}
        headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
        secret = self._secret()
        if secret and not found.secret_in_body:  # RFC 6749 2.3.1
            pair = f"{quote(self.provider.client_id, safe='')}:{quote(secret, safe='')}"
            headers.append(("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
        else:
            form |= {"client_id": self.provider.client_id} | ({"client_secret": secret} if secret else {})
        body = await self._ask("POST", found.token_endpoint, headers, urlencode(form).encode())
        token = model.document(body).get("id_token")
        if not isinstance(token, str) or len(token) > _LONGEST_TOKEN:
            raise Unusable("it gave no token")
        return token

    # -- what is believed ------------------------------------------------------------------------------------------

    async def _proven(self, found: Metadata, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(found, header)
            return jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self.provider.client_id,
                issuer=self.provider.issuer,
                leeway=_LEEWAY,
                options={"require": ["iss", "sub", "aud", "exp", "iat"], "enforce_minimum_key_length": True},
            )
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise Unusable(f"its token does not hold: {error}") from error

    async def _key(self, found: Metadata, header: Mapping[str, Any]) -> jwt.PyJWK:
        """The key that the token names, bound to the algorithm that it names. Raises Unusable, PyJWTError."""
        algorithm, kid = header.get("alg"), header.get("kid")
        now = self._clock.wall()
        if self._keys is None or not now - _KEPT < self._keys[0] <= now:
            await self._fetch_keys(found)
        for attempt in ("kept", "fresh"):
            assert self._keys is not None
            asked_at, keys = self._keys
            fit = [one for one in keys if _fits(one, algorithm) and (kid is None or one.get("kid") == kid)]
            if len(fit) == 1 or (fit and kid is not None):
                return jwt.PyJWK(fit[0], algorithm=str(algorithm))
            if attempt == "kept" and now - asked_at >= _SOONEST:
                await self._fetch_keys(found)
        raise Unusable("its token is signed by a key that it does not publish, or by none")

    async def _fetch_keys(self, found: Metadata) -> None:
        said = model.document(await self._get(found.jwks_uri)).get("keys")
        if not isinstance(said, list):
            raise Unusable("it publishes no keys")
        self._keys = self._clock.wall(), [one for one in said[:_MOST_KEYS] if isinstance(one, dict)]


def _fits(key: Mapping[str, Any], algorithm: object) -> bool:
    kind = key.get("kty")
    if not isinstance(kind, str) or algorithm not in _ALGORITHMS.get(kind, ()):
        return False
    return bool(key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm)
