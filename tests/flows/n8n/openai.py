"""OpenAI on this machine: `POST /v1/chat/completions`, as far as n8n's OpenAI Chat Model uses it.

Made to the API reference (https://platform.openai.com/docs/api-reference/chat): it refuses what OpenAI refuses, and
what it does not know it does not answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Self

from sidecar.sandbox.listener import Answer, HttpListener, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from sidecar.sandbox.listener import Incoming

KEY: Final = "the key of the tests' model"
_ROLES: Final = frozenset({"developer", "system", "user", "assistant", "tool"})
_TAKEN: Final = frozenset({"model", "messages", "stream", "temperature", "top_p", "n", "presence_penalty",
                           "frequency_penalty", "max_tokens", "max_completion_tokens", "store"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model was asked."""

    system: str
    """By the system, or by the developer, as newer models call it."""
    user: str


class OpenAi:
    """Use it as a context manager; ``answers`` says what the model says to a prompt, or raises :class:`Refusal`."""

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []
        self.answers: Callable[[Prompt], str] = _nothing
        self._listener = HttpListener("127.0.0.1", 0, self._respond)

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.stop()

    @property
    def url(self) -> str:
        """The base URL for a credential of n8n's."""
        return f"http://127.0.0.1:{self._listener.port}/v1"

    def _respond(self, incoming: Incoming) -> Answer:
        try:
            return self._completion(incoming)
        except Refusal as refusal:
            said = {"message": str(refusal), "type": "invalid_request_error", "param": None, "code": refusal.code}
            return json_answer(refusal.status, {"error": said})

    def _completion(self, incoming: Incoming) -> Answer:
        if incoming.headers.get("authorization") != f"Bearer {KEY}":
            raise Refusal(HTTPStatus.UNAUTHORIZED, "Incorrect API key provided", "invalid_api_key")
        if (incoming.method, incoming.path) != ("POST", "/v1/chat/completions"):
            raise Refusal(HTTPStatus.NOT_FOUND, f"Invalid URL ({incoming.method} {incoming.path})")
        body = _checked(incoming.raw)
        prompt = Prompt(_said_by(body["messages"], "developer", "system"), _said_by(body["messages"], "user"))
        self.prompts.append(prompt)
        message: dict[str, Any] = {
            "role": "assistant",
            "content": self.answers(prompt),
            "refusal": None,
            "annotations": [],
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        usage = {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29}
        number = len(self.prompts)
        return json_answer(
            HTTPStatus.OK,
            {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1_760_000_000 + number,
             "model": body["model"], "choices": [choice], "usage": usage, "service_tier": "default"},
        )  # fmt: skip


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def _nothing(prompt: Prompt) -> str:
    raise Refusal(HTTPStatus.BAD_REQUEST, f"nobody said what to answer to {prompt.user[-80:]!r}")


def _checked(raw: bytes) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(raw)
    unknown = sorted(body.keys() - _TAKEN)
    if unknown:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"Unrecognized request argument supplied: {unknown[0]}")
    if not isinstance(body.get("model"), str) or not body.get("messages"):
        raise Refusal(HTTPStatus.BAD_REQUEST, "you must provide a model and messages")
    if any(one.get("role") not in _ROLES for one in body["messages"]):
        raise Refusal(HTTPStatus.BAD_REQUEST, "Invalid value of 'messages[].role'")
    if body.get("stream"):
        raise Refusal(HTTPStatus.BAD_REQUEST, "this stand-in does not stream")
    return body


def _said_by(messages: list[dict[str, Any]], *roles: str) -> str:
    return "\n".join(str(one["content"]) for one in messages if one["role"] in roles)
