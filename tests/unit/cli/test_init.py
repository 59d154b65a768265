from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from sidecar.cli.findings import business_findings
from sidecar.cli.init import init, slug
from sidecar.config.loader import load_business
from sidecar.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clock import ManualClock

ENVIRON = {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "token-of-a-test"}


def assessed(file: Path) -> None:
    """Take the comment away from the assessment."""
    text = file.read_text(encoding="utf-8")
    assert text.count("\n# legitimate_interest: {") == 1
    file.write_text(text.replace("\n# legitimate_interest: {", "\nlegitimate_interest: {"), encoding="utf-8")


@pytest.mark.parametrize(
    ("region", "preset", "playbook", "currency"),
    [("GB", "uk", "uk-three-layer", "GBP"), ("CA", "ca", "contractor-two-text", "CAD"),
     ("US", "us", "contractor-two-text", "USD")],
)  # fmt: skip
def test_a_starter_file_loads_as_it_is_and_check_finds_no_error(
    tmp_path: Path, clock: ManualClock, region: str, preset: str, playbook: str, currency: str
) -> None:
    result = CliRunner().invoke(init, ["--dir", str(tmp_path), "--region", region, "--name", "Harbour Plumbing"])

    assert result.exit_code == 0, result.output
    file = tmp_path / "businesses" / "harbour-plumbing.yaml"
    if region == "GB":
        with pytest.raises(ConfigError, match="recovery lia") as refused:
            load_business(file, ENVIRON)
        assert len(refused.value.mistakes) == 1
        assessed(file)
    business = load_business(file, ENVIRON)
    assert (business.id, business.name, business.region) == ("harbour-plumbing", "Harbour Plumbing", region)
    assert (business.preset.name, business.playbook.name, business.currency) == (preset, playbook, currency)
    findings = business_findings(business, clock.now())
    assert [one for one in findings if one.level == "error"] == []


def test_what_is_commented_out_loads_too_once_it_is_wanted(tmp_path: Path) -> None:
    CliRunner().invoke(init, ["--dir", str(tmp_path), "--name", "Harbour Plumbing"])
    file = tmp_path / "businesses" / "harbour-plumbing.yaml"
    assessed(file)
    lines = file.read_text(encoding="utf-8").splitlines()
    for block in ("retell", "hubspot", "smtp", "flow", "windows"):
        start = lines.index(f"# {block}:")
        while lines[start].startswith("# "):
            lines[start] = lines[start].removeprefix("# ")
            start += 1
    wanted = ("# closed_days", "# extra_openings", "# blocked", "# min_ring", "# fold_within", "# cool_down",
              "# max_touches", "# subdivision", "# address", "# strict_consent: true")  # fmt: skip
    lines = [line.removeprefix("# ") if line.startswith(wanted) else line for line in lines]
    file.write_text("\n".join(lines), encoding="utf-8")

    business = load_business(
        file,
        {
            **ENVIRON, "RETELL_API_KEY": "a", "RETELL_AGENT_ID": "b", "HUBSPOT_ACCESS_TOKEN": "c", "SMTP_PASSWORD": "d",
            "HUBSPOT_CLIENT_SECRET": "e", "HUBSPOT_PORTAL_ID": "123",
        },
    )  # fmt: skip

    assert None not in (business.retell, business.hubspot, business.smtp, business.flow)
    assert business.windows
    assert business.closed_days
    assert business.extra_openings
    assert business.blocked
    assert (business.strict_consent, business.subdivision, business.max_touches_per_day) == (True, "GB-ENG", 4)


def test_it_says_what_was_written_and_what_comes_next(tmp_path: Path) -> None:
    result = CliRunner().invoke(init, ["--dir", str(tmp_path)])

    assert f"wrote {tmp_path / 'businesses' / 'example-plumbing.yaml'}" in result.output
    assert f"wrote {tmp_path / '.env.example'}" in result.output
    for step in ("recovery check", "recovery db upgrade", "recovery serve"):
        assert step in result.output


def test_the_environment_file_names_every_variable_of_the_starter_and_holds_no_secret(tmp_path: Path) -> None:
    CliRunner().invoke(init, ["--dir", str(tmp_path)])

    lines = (tmp_path / ".env.example").read_text(encoding="utf-8").splitlines()
    assignments = dict(
        line.lstrip("# ").split("=", 1) for line in lines if "=" in line and " " not in line.lstrip("# ")
    )
    assert {"RECOVERY_SECRET", "RECOVERY_PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "RETELL_API_KEY",
            "RETELL_AGENT_ID", "HUBSPOT_ACCESS_TOKEN", "SMTP_PASSWORD"} <= assignments.keys()  # fmt: skip
    assert all(not value for name, value in assignments.items() if not name.startswith("RECOVERY_"))
    assert assignments["RECOVERY_SECRET"] == ""


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    runner = CliRunner()
    runner.invoke(init, ["--dir", str(tmp_path), "--name", "One"])
    file, environment = tmp_path / "businesses" / "one.yaml", tmp_path / ".env.example"
    file.write_text("mine")
    environment.write_text("mine too")

    again = runner.invoke(init, ["--dir", str(tmp_path), "--name", "One"])
    other = runner.invoke(init, ["--dir", str(tmp_path), "--name", "Two"])

    assert again.exit_code == 1
    assert "exists already" in again.output
    assert (file.read_text(), environment.read_text()) == ("mine", "mine too")
    assert other.exit_code == 0
    assert "kept" in other.output


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Harbour Plumbing", "harbour-plumbing"),
        ("Müller & Söhne GmbH", "muller-sohne-gmbh"),
        ("  O'Neil's  ", "o-neil-s"),
        ("24/7 Plumbing", "b-24-7-plumbing"),
        ("水道", "business"),
        ("x" * 90, "x" * 50),
    ],
)
def test_an_id_is_made_from_the_name(name: str, wanted: str) -> None:
    assert slug(name) == wanted


@pytest.mark.parametrize("name", ['Bob\'s "Best": #1', "Müller & Söhne", "- dash", "{brace}", "line\nbreak", "水道"])
def test_any_name_survives_the_way_through_yaml(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(init, ["--dir", str(tmp_path), "--name", name])

    assert result.exit_code == 0, result.output
    (file,) = (tmp_path / "businesses").iterdir()
    assert load_business(file, ENVIRON, assessed=False).name == name.replace("\n", "")


def test_a_wrong_region_or_an_empty_name_is_a_usage_error(tmp_path: Path) -> None:
    runner = CliRunner()

    assert runner.invoke(init, ["--dir", str(tmp_path), "--region", "FR"]).exit_code == 2
    assert runner.invoke(init, ["--dir", str(tmp_path), "--name", "  "]).exit_code == 2
    assert list(tmp_path.iterdir()) == []
