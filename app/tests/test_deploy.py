"""The compose file and the image, as far as reading them can tell."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from app.env import env

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
OURS = ["migrate", "web", "worker", "beat"]
each_service = pytest.mark.parametrize("name", SERVICES)


def known_settings() -> set[str]:
    assert settings.BASE_DIR == ROOT  # Reading any setting registers them all.
    return {setting.name for setting in env.documented()}


@each_service
def test_every_service_says_when_it_is_healthy_and_what_follows_its_end(name: str):
    assert SERVICES[name]["healthcheck"]
    assert SERVICES[name]["restart"] == ("no" if name == "migrate" else "unless-stopped")


@each_service
def test_images_are_pinned_to_a_version(name: str):
    image = SERVICES[name]["image"]
    assert image == "attest:local" or re.search(r":\d+\.\d+\.\d+[\w.-]*$", image)


@pytest.mark.parametrize("name", OURS)
def test_only_known_settings_are_passed(name: str):
    assert set(SERVICES[name]["environment"]) <= known_settings()


def test_the_example_environment_has_what_must_be_given_and_names_only_settings():
    names = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE))
    required = set(re.findall(r"\$\{([A-Z_]+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert required == {"SECRET_KEY", "POSTGRES_PASSWORD"}
    assert required <= names
    assert names - known_settings() == {"POSTGRES_PASSWORD"}


@pytest.mark.parametrize("name", OURS)
def test_every_setting_of_the_environment_file_reaches_the_containers(name: str):
    """But for those that the compose file decides: addresses of its services and of the web server inside."""
    assert SERVICES[name]["env_file"] == [".env"]
    decided = {name for name, value in SERVICES[name]["environment"].items() if not str(value).startswith("${")}
    assert decided == {"DEBUG", "DATABASE_URL", "VALKEY_URL", "ATTEST_DATA_DIR", "ATTEST_HOST", "ATTEST_PORT"}


@each_service
def test_secrets_come_from_outside_and_must_be_given(name: str):
    for variable, value in SERVICES[name]["environment"].items() if name != "valkey" else []:
        if variable in {"SECRET_KEY", "POSTGRES_PASSWORD"}:
            assert re.fullmatch(r"\$\{\w+:\?.+\}", value)
        if variable.endswith(("_KEY", "_DSN", "_TOKEN")):
            assert value.startswith("${")


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_rights_they_do_not_need(name: str):
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["read_only"] is True


def test_every_volume_that_is_used_is_declared():
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert used == set(COMPOSE["volumes"])


def test_processes_start_after_the_migration():
    for name in ["web", "worker", "beat"]:
        assert SERVICES[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_only_the_web_port_is_published_and_only_to_this_machine():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])


def test_the_image_is_pinned_runs_without_root_and_checks_its_health():
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(stages) == 2
    assert all(re.search(r":\d+\.\d+\.\d+-", image) for image in stages)
    assert re.search(r"^USER attest$", DOCKERFILE, re.MULTILINE)
    assert "\nHEALTHCHECK " in DOCKERFILE


def test_everything_the_image_runs_is_sent_to_the_builder():
    sent = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert {"app", "ingestion", "retrieval", "templates", "static", "manage.py", "requirements.txt"} <= sent
