"""What the HTTP modules send, and what came back; both versions by their own fields.

https://apps.make.com/http; the fields are those of genuine exports (`schemas/make-modules.json`), the form of version
4 stands in `urlEncodedBodyContent`.
"""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from tests.flows.make.values import BundleError, NotKnown, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sidecar.flows.make import Module

DEFAULT_TIMEOUT: Final = 40.0
FORM: Final = "application/x-www-form-urlencoded"
_FOUR: Final = frozenset(
    "url method headers queryParameters contentType parseResponse stopOnHttpError timeout allowRedirects shareCookies "
    "requestCompressedContent inputMethod jsonStringBodyContent urlEncodedBodyContent paginationType".split()
)
_THREE: Final = frozenset(
    "ca qs url gzip method headers timeout useMtls authPass authUser bodyType contentType data formFields serializeUrl "
    "shareCookies parseResponse followRedirect useQuerystring followAllRedirects rejectUnauthorized".split()
)


@dataclass(slots=True)
class Request:
    """One request, ready to go."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = DEFAULT_TIMEOUT


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def text(self) -> str:
        """The body as a text."""
        return self.raw.decode(errors="replace")

    def parsed(self) -> Any:
        """The body as its type says: a value of JSON, else a text."""
        return json.loads(self.raw) if self.raw and "json" in self.headers.get("content-type", "") else self.text


def of_version_4(module: Module, mapper: dict[str, Any]) -> Request:
    """What ``http:MakeRequest`` sends."""
    _check(module, mapper, _FOUR, ("url", "method", "parseResponse", "stopOnHttpError", "allowRedirects",
                                   "shareCookies", "requestCompressedContent"))  # fmt: skip
    request = _begun(mapper, mapper.get("queryParameters"))
    kind = mapper.get("contentType") or ""
    if kind == "urlEncoded":
        request.headers["content-type"] = FORM
        request.body = urlencode(_pairs(mapper.get("urlEncodedBodyContent"), "name")).encode()
    elif kind == "json" and mapper.get("inputMethod") == "jsonString":
        request.headers["content-type"] = "application/json"
        request.body = text_of(mapper.get("jsonStringBodyContent")).encode()
    elif kind:
        raise NotKnown(f"{module.module} with contentType {kind!r}, {mapper.get('inputMethod')!r}")
    return request


def of_version_3(module: Module, mapper: dict[str, Any]) -> Request:
    """What ``http:ActionSendData`` sends."""
    _check(module, mapper, _THREE, ("url", "method", "serializeUrl", "shareCookies", "rejectUnauthorized",
                                    "followRedirect", "useQuerystring", "gzip", "useMtls",
                                    "followAllRedirects"))  # fmt: skip
    request = _begun(mapper, mapper.get("qs"))
    kind = mapper.get("bodyType") or ""
    if kind == "x_www_form_urlencoded":
        request.headers["content-type"] = FORM
        request.body = urlencode(_pairs(mapper.get("formFields"), "key")).encode()
    elif kind == "raw":
        request.headers["content-type"] = text_of(mapper.get("contentType"))
        request.body = text_of(mapper.get("data")).encode()
    elif kind:
        raise NotKnown(f"{module.module} with bodyType {kind!r}")
    return request


def posted_form(url: str, form: list[tuple[str, str]], login: tuple[str, str]) -> Answer:
    """A form with basic authentication, as an app of Make's sends it."""
    mark = base64.b64encode(":".join(login).encode()).decode()
    headers = {"content-type": FORM, "authorization": f"Basic {mark}"}
    return exchange(Request("POST", url, headers, urlencode(form).encode()))


def exchange(request: Request, hosts: Mapping[str, str] | None = None) -> Answer:
    """Send it, to where its host really is.

    Raises:
        BundleError: ``ConnectionError`` where nobody answers, ``ModuleTimeoutError`` where it takes too long.
    """
    parts = urlsplit(request.url)
    public = f"{parts.scheme}://{parts.netloc}"
    parts = urlsplit(request.url.replace(public, (hosts or {}).get(public, public), 1))
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise BundleError("BundleValidationError", f"{request.url!r} is not a URL")
    known = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = known(parts.netloc, timeout=request.timeout)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(request.method, target, body=request.body, headers=request.headers)
        answer = connection.getresponse()
        if 300 <= answer.status < 400:
            raise NotKnown(f"a redirect ({answer.status}) of {request.url}")
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    except TimeoutError as error:
        raise BundleError("ModuleTimeoutError", f"no answer in {request.timeout} s") from error
    except (OSError, http.client.HTTPException) as error:
        raise BundleError("ConnectionError", f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()


def _check(module: Module, mapper: dict[str, Any], known: frozenset[str], required: tuple[str, ...]) -> None:
    unknown = sorted(set(mapper) - known)
    if unknown:
        raise NotKnown(f"{module.module} with {', '.join(unknown)}")
    if mapper.get("shareCookies") is True or mapper.get("paginationType"):
        raise NotKnown(f"{module.module} with shared cookies or pages")
    missing = [name for name in required if mapper.get(name) in {None, ""}]
    if missing:
        raise BundleError("BundleValidationError", f"Missing value of required parameter '{missing[0]}'.")


def _begun(mapper: dict[str, Any], query: Any) -> Request:
    url = text_of(mapper["url"])
    if pairs := _pairs(query, "name"):
        url += ("&" if "?" in url else "?") + urlencode(pairs)
    headers = {name.lower(): value for name, value in _pairs(mapper.get("headers"), "name")}
    timeout = number_of(mapper.get("timeout"))
    return Request(text_of(mapper["method"]).upper(), url, headers, timeout=timeout or DEFAULT_TIMEOUT)


def _pairs(listed: Any, name: str) -> list[tuple[str, str]]:
    return [(text_of(each[name]), text_of(each.get("value"))) for each in listed or ()]
