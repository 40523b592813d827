"""The Kubernetes manifests against Kubernetes' own schemas, and what each pod may do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from shared import AT, DRAIN_MARGIN, drain_seconds

FILES = sorted((AT / "deploy/kubernetes").glob("*.yaml"))
PODS = [("StatefulSet", "kkanbu"), ("Deployment", "kkanbu-proxy")]


@pytest.fixture(scope="module")
def objects() -> dict[tuple[str, str], Any]:
    every = [thing for file in FILES for thing in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
    found = {(thing["kind"], thing["metadata"]["name"]): thing for thing in every}
    assert len(found) == len(every)
    return found


def test_kubernetes_own_schemas_know_every_field() -> None:
    validate = Path(sys.executable).with_name("kubernetes-validate")
    subprocess.run([validate, "--strict", *FILES], check=True)


@pytest.mark.parametrize("pod", PODS)
def test_no_container_can_do_more_than_it_has_to(objects: dict[tuple[str, str], Any], pod: tuple[str, str]) -> None:
    spec = objects[pod]["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    for container in spec["containers"] + spec.get("initContainers", []):
        assert container["securityContext"] == {"readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False,
                                                "capabilities": {"drop": ["ALL"]}}
        assert "memory" in container["resources"]["limits"]
        known = {volume["name"] for volume in spec["volumes"]}
        known |= {claim["metadata"]["name"] for claim in objects[pod]["spec"].get("volumeClaimTemplates", [])}
        assert {mount["name"] for mount in container["volumeMounts"]} <= known


def test_the_server_is_made_first_asked_and_given_time_to_drain(objects: dict[tuple[str, str], Any],
                                                               tmp_path: Path) -> None:
    server = objects["StatefulSet", "kkanbu"]["spec"]
    spec = server["template"]["spec"]
    [init], [container] = spec["initContainers"], spec["containers"]
    assert init["args"][0] == "init" and init["image"] == container["image"]
    assert init["volumeMounts"] == container["volumeMounts"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    text = objects["ConfigMap", "kkanbu"]["data"]["kkanbu.toml"]
    assert f'listen = "0.0.0.0:{ports["members"]}"' in text and f'ops_listen = "0.0.0.0:{ports["ops"]}"' in text
    paths = {probe: container[probe]["httpGet"] for probe in ("livenessProbe", "readinessProbe", "startupProbe")}
    assert paths["livenessProbe"] == {"path": "/healthz", "port": "ops"}
    assert paths["readinessProbe"] == {"path": "/readyz", "port": "ops"}
    assert spec["terminationGracePeriodSeconds"] >= drain_seconds(text) + DRAIN_MARGIN
    assert server["replicas"] == 1, "the databases belong to one process"
    configuration = tmp_path / "kkanbu.toml"
    configuration.write_text(text, encoding="utf-8")
    subprocess.run([os.environ["KKANBU_BIN"], "check-config", "--config", configuration], check=True)


def test_whoever_is_named_is_there(objects: dict[tuple[str, str], Any]) -> None:
    labels = {name: objects[kind, name]["spec"]["template"]["metadata"]["labels"] for kind, name in PODS}
    for kind, name in PODS:
        assert objects[kind, name]["spec"]["selector"]["matchLabels"] == labels[name]
        assert objects["Service", name]["spec"]["selector"] == labels[name]
        assert objects["NetworkPolicy", name]["spec"]["podSelector"]["matchLabels"] == labels[name]
    assert objects["PodDisruptionBudget", "kkanbu"]["spec"]["selector"]["matchLabels"] == labels["kkanbu"]
    assert {thing["metadata"].get("namespace", "kkanbu") for thing in objects.values()} == {"kkanbu"}
    [proxy] = objects["Deployment", "kkanbu-proxy"]["spec"]["template"]["spec"]["containers"]
    environment = {variable["name"]: variable["value"] for variable in proxy["env"]}
    assert environment["KKANBU_SERVER"] == "kkanbu.kkanbu.svc.cluster.local:8080"
    known = (AT / "deploy/proxy/haproxy.cfg").read_text(encoding="utf-8")
    assert all(f"${{{name}-" in known for name in environment)


def test_the_server_reaches_nobody_and_members_addresses_reach_the_proxy(objects: dict[tuple[str, str], Any]) -> None:
    policy = objects["NetworkPolicy", "kkanbu"]["spec"]
    assert policy["egress"] == [] and set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert all(rule.get("from") for rule in policy["ingress"])
    assert objects["Service", "kkanbu-proxy"]["spec"]["externalTrafficPolicy"] == "Local"
