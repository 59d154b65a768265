"""Modules of small blueprints for the interpreter's own tests."""

from __future__ import annotations

from typing import Any

from tests.support.flows import module


def hook() -> dict[str, Any]:
    """The trigger; its id is 1."""
    return module(1, "gateway:CustomWebHook")


def post(number: int, url: str, form: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """HTTP, version 4: a form to an address; an HTTP error is an error."""
    mapper = {
        "url": url, "method": "post", "contentType": "urlEncoded",
        "urlEncodedBodyContent": [{"name": name, "value": value} for name, value in (form or {}).items()],
        "parseResponse": True, "stopOnHttpError": True, "allowRedirects": True, "shareCookies": False,
        "requestCompressedContent": True, **more.pop("mapper", {}),
    }  # fmt: skip
    return module(number, "http:MakeRequest", mapper, version=4, parameters={"authenticationType": "noAuth"}, **more)


def post_3(number: int, url: str, form: dict[str, str], *, errors: bool, **more: Any) -> dict[str, Any]:
    """HTTP, version 3."""
    mapper = {
        "url": url, "method": "post", "bodyType": "x_www_form_urlencoded",
        "formFields": [{"key": name, "value": value} for name, value in form.items()],
        "serializeUrl": False, "shareCookies": False, "parseResponse": True, "followRedirect": True,
        "useQuerystring": False, "gzip": True, "useMtls": False, "followAllRedirects": False,
        "rejectUnauthorized": True,
    }  # fmt: skip
    return module(number, "http:ActionSendData", mapper, version=3, parameters={"handleErrors": errors}, **more)


def only_if(a: str, b: str, name: str = "a filter") -> dict[str, Any]:
    """A filter for one text."""
    return {"name": name, "conditions": [[{"a": a, "o": "text:equal", "b": b}]]}


def router(number: int, *routes: list[dict[str, Any]], fallback: int | None = None, **more: Any) -> dict[str, Any]:
    """A router; ``fallback`` is the index of its route."""
    parameters = {} if fallback is None else {"else": fallback}
    flows = [{"flow": route} for route in routes]
    return module(number, "builtin:BasicRouter", parameters=parameters, routes=flows, **more) | {"mapper": None}


def directive(number: int, kind: str, mapper: dict[str, Any] | None = None) -> dict[str, Any]:
    """The end of an error route."""
    return module(number, f"builtin:{kind}", mapper)


def stored(number: int, *, count: int = 3, interval: int = 5, retry: bool = True) -> dict[str, Any]:
    """Break: kept as an incomplete execution."""
    return directive(number, "Break", {"retry": retry, "count": count, "interval": interval})
