"""What a page asks for: one `fetch()` or XMLHttpRequest call, as data.

`Request` is what the author wrote, before any check. The checks that the API makes (and so what a
page could not even ask for) are in `api`; the request that then travels is `flight.Flight`. Things
that no author can write (a mode on XMLHttpRequest, say) are refused here with a ValueError.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.oracle.headers import Headers
from harness.oracle.urls import DEFAULT_PORTS, Url, is_serialized_origin, parse_url


class Api(StrEnum):
    """The two script interfaces that send CORS requests."""

    FETCH = "fetch"
    XHR = "xhr"


class Mode(StrEnum):
    """#concept-request-mode, as far as script can choose it."""

    CORS = "cors"
    NO_CORS = "no-cors"
    SAME_ORIGIN = "same-origin"


class Credentials(StrEnum):
    """#concept-request-credentials-mode. XMLHttpRequest: withCredentials is `include`, else `same-origin`."""

    OMIT = "omit"
    SAME_ORIGIN = "same-origin"
    INCLUDE = "include"


class Redirect(StrEnum):
    """#concept-request-redirect-mode."""

    FOLLOW = "follow"
    ERROR = "error"
    MANUAL = "manual"


class CacheMode(StrEnum):
    """#concept-request-cache-mode. It has no say in the CORS protocol, the preflight cache included.

    `only-if-cached` is missing: it makes sense only with an HTTP cache, and this model has none.
    """

    DEFAULT = "default"
    NO_STORE = "no-store"
    RELOAD = "reload"
    NO_CACHE = "no-cache"
    FORCE_CACHE = "force-cache"


class ReferrerPolicy(StrEnum):
    """The policies of the Referrer Policy standard; here they only matter to the Origin header."""

    NO_REFERRER = "no-referrer"
    NO_REFERRER_WHEN_DOWNGRADE = "no-referrer-when-downgrade"
    SAME_ORIGIN = "same-origin"
    ORIGIN = "origin"
    STRICT_ORIGIN = "strict-origin"
    ORIGIN_WHEN_CROSS_ORIGIN = "origin-when-cross-origin"
    STRICT_ORIGIN_WHEN_CROSS_ORIGIN = "strict-origin-when-cross-origin"
    UNSAFE_URL = "unsafe-url"


class BodyKind(StrEnum):
    """What the author handed over as the body; it decides the default Content-Type."""

    TEXT = "text"
    URLENCODED = "urlencoded"  # URLSearchParams
    BYTES = "bytes"  # a BufferSource, or a Blob without a type
    STREAM = "stream"  # a ReadableStream: cannot be sent twice


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the page at `origin`. Header values may be anything; the API checks them."""

    url: str
    origin: str
    method: str = "GET"
    headers: Headers = ()
    body: bytes | None = None
    body_kind: BodyKind = BodyKind.TEXT
    mode: Mode = Mode.CORS
    credentials: Credentials = Credentials.SAME_ORIGIN
    redirect: Redirect = Redirect.FOLLOW
    cache: CacheMode = CacheMode.DEFAULT
    referrer_policy: ReferrerPolicy = ReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN
    api: Api = Api.FETCH
    upload_listener: bool = False

    def __post_init__(self) -> None:
        """Refuse what lies outside this model, every problem at once."""
        problems = [problem for wrong, problem in self._checks() if wrong]
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def parsed_url(self) -> Url:
        """The URL, parsed."""
        url = parse_url(self.url)
        assert url is not None, "checked when made"
        return url

    def _checks(self) -> tuple[tuple[bool, str], ...]:
        url = parse_url(self.url) if self.url.isascii() else None
        xhr = self.api is Api.XHR
        return (
            (
                url is None or url.scheme not in DEFAULT_PORTS,
                f"url {self.url!r} is not an absolute http(s) URL in ASCII",
            ),
            (not is_serialized_origin(self.origin), f"origin {self.origin!r} is neither an http(s) origin nor 'null'"),
            (self.upload_listener and not xhr, "only an XMLHttpRequest has upload listeners"),
            (xhr and self.mode is not Mode.CORS, f"XMLHttpRequest has no mode {self.mode.value!r}"),
            (
                xhr and self.redirect is not Redirect.FOLLOW,
                f"XMLHttpRequest has no redirect mode {self.redirect.value!r}",
            ),
            (xhr and self.credentials is Credentials.OMIT, "XMLHttpRequest cannot omit credentials"),
            (xhr and self.body_kind is BodyKind.STREAM, "XMLHttpRequest takes no stream as a body"),
        )
