"""A Make blueprint whose HTTP modules are those of version 3, for accounts whose editor does not offer version 4.

Version 3 has a module for each way to sign in; the one with a key takes it from a keychain, as version 4 does. What a
request sends and what it gives out (`data`, `statusCode`) is the same, so that nothing else in the blueprint changes.
https://apps.make.com/http-legacy
"""

from __future__ import annotations

from typing import Any, Final

from sidecar.flows.loading import refused

_NEW: Final = ("http:MakeRequest", 4)
_PLAIN: Final[dict[str, Any]] = {
    "serializeUrl": False, "rejectUnauthorized": True, "useQuerystring": False, "useMtls": False, "ca": "",
}  # fmt: skip
"""What version 3 asks for and version 4 has no field for, as a new module of version 3 has it."""
_TAKEN: Final = frozenset(
    {
        "url", "method", "headers", "queryParameters", "contentType", "urlEncodedBodyContent", "parseResponse",
        "stopOnHttpError", "timeout", "allowRedirects", "shareCookies", "requestCompressedContent",
    }
)  # fmt: skip
_BODIES: Final = {"": "", "urlEncoded": "x_www_form_urlencoded"}


def with_http_v3(value: dict[str, Any], file: str) -> dict[str, Any]:
    """The blueprint (of ``file``) with its HTTP modules in version 3; what was given is not changed.

    Raises:
        ConfigError: A request has something that is written otherwise there: a JSON body, pages, basic
            authentication.
    """
    return {**value, "flow": [_module(module, file) for module in value["flow"]]}


def _module(module: dict[str, Any], file: str) -> dict[str, Any]:
    kept = dict(module)
    if (module.get("module"), module.get("version")) == _NEW:
        kept |= _older(module, file)
    for key in ("routes", "tools"):
        if key in kept:
            kept[key] = [{**branch, "flow": [_module(one, file) for one in branch["flow"]]} for branch in kept[key]]
    if "onerror" in kept:
        kept["onerror"] = [_module(one, file) for one in kept["onerror"]]
    return kept


def _older(module: dict[str, Any], file: str) -> dict[str, Any]:
    """The members that differ. The editor describes the fields anew when it opens the module."""
    given, how = module["mapper"], module["parameters"].get("authenticationType", "noAuth")
    unknown = sorted(set(given) - _TAKEN)
    if unknown or how not in {"noAuth", "apiKey"} or given.get("contentType", "") not in _BODIES:
        name = module["metadata"]["designer"].get("name", module["id"])
        said = f"the request {name!r} cannot be put into version 3: {', '.join(unknown) or 'its body or its key'}"
        raise refused(file, said, "send a form, with a key or without")
    mapper = {
        **_PLAIN,
        "url": given["url"], "method": given["method"], "headers": given.get("headers", []),
        "qs": given.get("queryParameters", []), "bodyType": _BODIES[given.get("contentType", "")],
        "parseResponse": given["parseResponse"], "timeout": given.get("timeout", ""),
        "shareCookies": given["shareCookies"], "gzip": given["requestCompressedContent"],
        "followRedirect": given["allowRedirects"], "followAllRedirects": given["allowRedirects"],
    }  # fmt: skip
    if mapper["bodyType"]:
        fields = given.get("urlEncodedBodyContent", [])
        mapper["formFields"] = [{"key": one["name"], "value": one["value"]} for one in fields]
    if how == "noAuth":
        mapper |= {"authUser": "", "authPass": ""}
    return {
        "module": "http:ActionSendDataAPIKeyAuth" if how == "apiKey" else "http:ActionSendData",
        "version": 3,
        "parameters": {"handleErrors": given["stopOnHttpError"], "useNewZLibDeCompress": True},
        "mapper": mapper,
        "metadata": {"designer": module["metadata"]["designer"]},
    }
