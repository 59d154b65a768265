from __future__ import annotations

from pathlib import Path

import pytest

from sidecar.config.settings import environment, load_settings
from sidecar.errors import ConfigError, Mistake

SECRET = "a-secret-that-is-long-enough"


def refused(environ: dict[str, str]) -> dict[str, Mistake]:
    with pytest.raises(ConfigError) as error:
        load_settings(environ)
    return {mistake.field: mistake for mistake in error.value.mistakes}


def test_only_the_secret_has_no_default() -> None:
    settings = load_settings({"RECOVERY_SECRET": SECRET})

    assert settings.secret.get_secret_value() == SECRET
    assert settings.database_url.get_secret_value() == "sqlite:///recovery.db"
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert (settings.web_threads, settings.send_threads) == (16, 16)
    assert (settings.businesses, settings.clock_file) == (Path("businesses"), None)
    assert (settings.log_format, settings.log_level) == ("console", "info")


def test_every_setting_is_read() -> None:
    settings = load_settings(
        {
            "RECOVERY_SECRET": SECRET,
            "RECOVERY_DATABASE_URL": "postgresql+psycopg://me@host/name",
            "RECOVERY_BUSINESSES": "/etc/recovery",
            "RECOVERY_PUBLIC_URL": "https://recovery.example.com/",
            "RECOVERY_HOST": "0.0.0.0",
            "RECOVERY_PORT": "9000",
            "RECOVERY_WEB_THREADS": "32",
            "RECOVERY_SEND_THREADS": "4",
            "RECOVERY_CLOCK_FILE": "/run/clock",
            "RECOVERY_LOG_FORMAT": "json",
            "RECOVERY_LOG_LEVEL": "DEBUG",
        }
    )

    assert settings.database_url.get_secret_value() == "postgresql+psycopg://me@host/name"
    assert settings.businesses == Path("/etc/recovery")
    assert settings.public_url == "https://recovery.example.com"
    assert (settings.host, settings.port, settings.web_threads, settings.send_threads) == ("0.0.0.0", 9000, 32, 4)
    assert settings.clock_file == Path("/run/clock")
    assert (settings.log_format, settings.log_level) == ("json", "debug")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgresql_without_a_driver_takes_the_one_that_is_installed(scheme: str) -> None:
    settings = load_settings({"RECOVERY_SECRET": SECRET, "RECOVERY_DATABASE_URL": f"{scheme}://me@host/name"})

    assert settings.database_url.get_secret_value() == "postgresql+psycopg://me@host/name"


def test_secrets_may_stand_in_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    (tmp_path / "url").write_text("sqlite:///own.db\n")

    settings = load_settings(
        {"RECOVERY_SECRET_FILE": str(tmp_path / "secret"), "RECOVERY_DATABASE_URL_FILE": str(tmp_path / "url")}
    )

    assert settings.secret.get_secret_value() == SECRET
    assert settings.database_url.get_secret_value() == "sqlite:///own.db"


def test_secrets_are_not_in_what_is_printed() -> None:
    environ = {"RECOVERY_SECRET": SECRET, "RECOVERY_DATABASE_URL": "postgresql://me:hush@host/name"}

    printed = repr(load_settings(environ))

    assert SECRET not in printed
    assert "hush" not in printed


@pytest.mark.parametrize(
    ("name", "value", "message", "remedy"),
    [
        ("RECOVERY_SECRET", "hush", "is shorter than 16 characters", "secrets.token_urlsafe"),
        ("RECOVERY_DATABASE_URL", "mysql://me:hush@host/name", "neither an SQLite nor a PostgreSQL", "sqlite:///"),
        ("RECOVERY_PUBLIC_URL", "recovery.example.com", "is not an address", "https://"),
        ("RECOVERY_PORT", "hush", "valid integer", "correct the variable"),
        ("RECOVERY_PORT", "70000", "less than or equal to 65535", "correct the variable"),
        ("RECOVERY_WEB_THREADS", "1", "greater than or equal to 2", "correct the variable"),
        ("RECOVERY_LOG_FORMAT", "xml", "'console' or 'json'", "correct the variable"),
        ("RECOVERY_DATABASE_URL_FILE", "/no/hush", "cannot be read", "may read"),
        ("RECOVERY_PROT", "80", "there is no such setting", "did you mean `RECOVERY_PORT`?"),
    ],
)
def test_a_wrong_setting_names_the_variable_and_the_way_out(name: str, value: str, message: str, remedy: str) -> None:
    mistakes = refused({"RECOVERY_SECRET": SECRET, name: value})

    mistake = mistakes[name.removesuffix("_FILE")]
    assert len(mistakes) == 1
    assert message in mistake.message
    assert remedy in mistake.remedy
    assert "hush" not in str(mistake)


def test_all_wrong_settings_come_at_once() -> None:
    assert refused({"RECOVERY_PORT": "x", "RECOVERY_LOG_LEVEL": "loud"}).keys() == {
        "RECOVERY_SECRET", "RECOVERY_PORT", "RECOVERY_LOG_LEVEL",
    }  # fmt: skip


def test_variables_of_others_are_left_alone() -> None:
    assert load_settings({"RECOVERY_SECRET": SECRET, "RECOVERY_DEMO_SPEED_FACTOR": "9", "PORT": "1"}).port == 8080


def test_the_environment_counts_before_the_file_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("RECOVERY_PORT=1111\nRECOVERY_HOST=file.example\nRECOVERY_SECRET=\n")
    monkeypatch.setenv("RECOVERY_PORT", "2222")
    monkeypatch.delenv("RECOVERY_HOST", raising=False)
    monkeypatch.delenv("RECOVERY_SECRET", raising=False)

    found = environment(tmp_path)

    assert (found["RECOVERY_PORT"], found["RECOVERY_HOST"]) == ("2222", "file.example")
    assert "RECOVERY_SECRET" not in found
    assert load_settings({**found, "RECOVERY_SECRET": SECRET}).port == 2222
