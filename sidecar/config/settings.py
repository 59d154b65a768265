"""Settings of the process: from the environment (``RECOVERY_…``) and a ``.env`` file.

What belongs to one client stands in its business file; here stands what belongs
to the machine: the database, the address, the secret. Wherever a secret may
stand, ``RECOVERY_…_FILE`` may name a file that holds it.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sidecar.config.references import UnresolvedError, resolve
from sidecar.errors import ConfigError, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails
    from pydantic_settings import PydanticBaseSettingsSource

PREFIX = "RECOVERY_"
_MAKE_ONE = 'python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
_SHORTEST_SECRET = 16


class Settings(BaseSettings):
    """One process; made by :func:`load_settings`, or by a test from plain values."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(frozen=True, extra="forbid")

    secret: SecretStr
    """Signs tokens and keys hashes; change it, and suppressions and links that were made with it are lost."""
    database_url: SecretStr = SecretStr("sqlite:///recovery.db")
    """SQLAlchemy URL: ``sqlite:///recovery.db`` or ``postgresql+psycopg://…``. It may hold a password."""
    businesses: Path = Path("businesses")
    """A folder of business files, or one file."""
    public_url: str = "http://127.0.0.1:8080"
    """How the outside reaches us, without a slash at the end; Twilio's signatures are checked against it."""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65_535)
    web_threads: int = Field(default=16, ge=2, le=256)
    send_threads: int = Field(default=16, ge=1, le=256)
    clock_file: Path | None = None
    """The demo's virtual clock."""
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError(f"is shorter than {_SHORTEST_SECRET} characters")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url.startswith(("postgres://", "postgresql://")):  # without a driver SQLAlchemy would take psycopg2
            return SecretStr("postgresql+psycopg://" + url.partition("://")[2])
        if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("is neither an SQLite nor a PostgreSQL URL")
        return value

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("is not an address")
        return value.rstrip("/")

    @field_validator("log_level", mode="before")
    @classmethod
    def _small(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The values handed in and nothing else: the environment is read by :func:`load_settings`, once."""
        return (init_settings,)


_REMEDIES = {
    "secret": f"make one: {_MAKE_ONE}",
    "database_url": "write it like sqlite:///recovery.db or postgresql+psycopg://user@host/name",
    "public_url": "write it like https://recovery.example.com",
}
_WITH_FILE = ("secret", "database_url")


def environment(folder: Path = Path()) -> dict[str, str]:
    """The process's environment over what ``.env`` in a folder says."""
    written = {name: value for name, value in dotenv_values(folder / ".env").items() if value}
    return {**written, **os.environ}


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Args:
        environ: the environment; left out: the process's own, and ``.env`` in the working folder.

    Raises:
        ConfigError: with every variable that is missing, wrong or misspelt. ``field`` is the variable's name.
    """
    environ = environment() if environ is None else environ
    mistakes = list(_misspelt(environ))
    values: dict[str, str] = {}
    for name in Settings.model_fields:
        variable = PREFIX + name.upper()
        is_in_file = name in _WITH_FILE and variable + "_FILE" in environ
        if not environ.get(variable) and not is_in_file:
            continue
        try:
            values[name] = resolve(variable, environ) if name in _WITH_FILE else environ[variable]
        except UnresolvedError as error:
            mistakes.append(Mistake(error.message, error.remedy, variable))
            values[name] = ""
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        known = {mistake.field for mistake in mistakes}
        found = (_mistake(detail) for detail in error.errors(include_input=False))
        mistakes += [mistake for mistake in found if mistake.field not in known]
        raise ConfigError(mistakes) from None
    if mistakes:
        raise ConfigError(mistakes)
    return settings


def _misspelt(environ: Mapping[str, str]) -> Iterator[Mistake]:
    """``RECOVERY_`` variables that look like a setting and are none; others may be somebody else's."""
    known = [name.upper() for name in Settings.model_fields]
    known += [f"{name.upper()}_FILE" for name in _WITH_FILE]
    for variable in environ:
        name = variable.removeprefix(PREFIX)
        if variable != name and name not in known:
            for near in get_close_matches(name, known, n=1, cutoff=0.7):
                yield Mistake("there is no such setting", f"did you mean `{PREFIX}{near}`?", variable)


def _mistake(detail: ErrorDetails) -> Mistake:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    said = detail["msg"].removeprefix("Value error, ")
    message = "is not set" if detail["type"] == "missing" else said[0].lower() + said[1:]
    return Mistake(message, _REMEDIES.get(name, "correct the variable, or unset it"), PREFIX + name.upper())
