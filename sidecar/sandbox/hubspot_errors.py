"""HubSpot's error answers: ``{status, message, correlationId, category, …}``."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from sidecar.sandbox.listener import Answer, Incoming, json_answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sidecar.sandbox.record import Json

_CATEGORIES = {
    400: "VALIDATION_ERROR",
    401: "INVALID_AUTHENTICATION",
    403: "MISSING_SCOPES",
    404: "OBJECT_NOT_FOUND",
    409: "CONFLICT",
    429: "RATE_LIMITS",
}


class HubSpotRefused(Exception):
    """A HubSpot error answer on its way to the client."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        context: Mapping[str, list[str]] | None = None,
        sub: str | None = None,
        errors: Sequence[Json] = (),
    ) -> None:
        """``sub`` is HubSpot's subCategory or code; ``errors`` its details."""
        super().__init__(message)
        self.status, self.message, self.context, self.sub, self.errors = status, message, context, sub, errors

    @classmethod
    def invalid_json(cls, problem: str) -> HubSpotRefused:
        """What HubSpot says of a body that it cannot read into its classes."""
        return cls(400, f"Invalid input JSON on line 1, column 1: {problem}")

    @classmethod
    def bad_properties(cls, problems: Sequence[tuple[str, str, str]]) -> HubSpotRefused:
        """Property values that are not valid: (name, HubSpot's code, sentence) each."""
        listed = [
            {
                "isValid": False,
                "message": sentence,
                "error": code,
                "name": name,
                "localizedErrorMessage": sentence,
            }
            for name, code, sentence in problems
        ]
        errors: list[Json] = [
            {"message": sentence, "code": code, "context": {"propertyName": [name]}}
            for name, code, sentence in problems
        ]
        return cls(400, f"Property values were not valid: {json.dumps(listed)}", errors=errors)

    def answer(self, headers: Mapping[str, str] | None = None) -> Answer:
        """The error as HubSpot writes it."""
        body: Json = {
            "status": "error",
            "message": self.message,
            "correlationId": str(uuid.uuid4()),
            "category": _CATEGORIES.get(self.status, "INTERNAL_ERROR"),
        }
        if self.status == 429:  # noqa: PLR2004 - too many requests
            body |= {"errorType": "RATE_LIMIT", "policyName": "SECONDLY"}
        if self.errors:
            body["errors"] = list(self.errors)
        if self.context:
            body["context"] = dict(self.context)
        if self.sub:
            body["subCategory"] = self.sub
        return json_answer(self.status, body, headers or {})


def json_object(incoming: Incoming) -> Json:
    """The request's body, which must be a JSON object."""
    if not isinstance(incoming.body, dict):
        raise HubSpotRefused.invalid_json("expected an object")
    return incoming.body


def only_fields(body: Mapping[str, object], allowed: tuple[str, ...]) -> None:
    """Refuse a body with a field that HubSpot does not know."""
    for name in body:
        if name not in allowed:
            raise HubSpotRefused.invalid_json(f'Unrecognized field "{name}"')
