"""The compose file as docker-compose reads it, and what each container may do."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from shared import AT, DRAIN_MARGIN, drain_seconds

FILE = AT / "deploy/compose/compose.yaml"
CONFIGURATION = AT / "deploy/compose/etc/kkanbu.toml"

pytestmark = pytest.mark.skipif("COMPOSE" not in os.environ, reason="docker-compose is not there")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    read = subprocess.run([os.environ["COMPOSE"], "--file", FILE, "config"], check=True, capture_output=True, text=True)
    return dict(yaml.safe_load(read.stdout)["services"])


def seconds(text: str) -> int:
    minutes, _, rest = text.rpartition("m")
    return int(minutes or 0) * 60 + int(rest.removesuffix("s") or 0)


def test_no_container_can_do_more_than_it_has_to(services: dict[str, Any]) -> None:
    assert set(services) == {"init", "kkanbu", "proxy"}
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"] and "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges"], name
        assert service["user"].split(":")[0] not in ("0", "root"), name
        assert service["ulimits"]["core"] == 0 and service["ulimits"]["nofile"] >= 65_536, name
        assert not service.get("privileged"), name


def test_data_and_keys_are_volumes_of_their_own_and_only_the_proxy_is_reached(services: dict[str, Any]) -> None:
    for name in ("init", "kkanbu"):
        mounts = dict(mount.split(":")[:2][::-1] for mount in services[name]["volumes"])
        assert mounts["/var/lib/kkanbu"] == "data" and mounts["/var/lib/kkanbu-keys"] == "keys"
        assert not services[name].get("ports")
    assert set(services["kkanbu"]["networks"]) == {"members"}
    assert services["proxy"]["secrets"] and "secrets" not in services["kkanbu"]


def test_the_server_is_asked_whether_it_is_ready_and_given_time_to_drain(services: dict[str, Any]) -> None:
    server = services["kkanbu"]
    assert server["healthcheck"]["test"] == ["CMD", "/usr/bin/kkanbu", "check-ready"]
    given = seconds(server["stop_grace_period"])
    assert given >= drain_seconds(CONFIGURATION.read_text(encoding="utf-8")) + DRAIN_MARGIN


def test_what_is_mounted_from_here_is_here(services: dict[str, Any]) -> None:
    for service in services.values():
        for mount in service["volumes"]:
            source = mount.split(":")[0]
            assert not source.startswith("/") or Path(source).exists(), source


def test_the_server_accepts_the_configuration() -> None:
    subprocess.run([os.environ["KKANBU_BIN"], "check-config", "--config", CONFIGURATION], check=True)
