"""configs/serving/: what TensorFlow Serving, compose and Kubernetes read, as far as that can be
checked without them.
"""

import pathlib
import re
import shutil
import subprocess

import pytest
import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "configs" / "serving"
READY = sorted(path.parent.name for path in (ROOT / "exports").glob("*/LICENSE"))
FLAGS = {
    "batching_parameters_file", "enable_batching", "grpc_channel_arguments", "model_config_file",
    "model_config_file_poll_wait_seconds", "monitoring_config_file", "port", "rest_api_port",
    "rest_api_timeout_in_ms", "tensorflow_inter_op_parallelism", "tensorflow_intra_op_parallelism",
}  # fmt: skip

# Of tensorflow_serving/servables/tensorflow/session_bundle_config.proto and tensorflow_serving/
# config/monitoring_config.proto, which tensorflow-serving-api does not bring along.
MESSAGES = {
    "Int64Value": {"value": (1, "int64", False)},
    "BatchingParameters": {
        "max_batch_size": (1, "Int64Value", False),
        "batch_timeout_micros": (2, "Int64Value", False),
        "max_enqueued_batches": (3, "Int64Value", False),
        "num_batch_threads": (4, "Int64Value", False),
        "allowed_batch_sizes": (6, "int64", True),
        "pad_variable_length_inputs": (7, "bool", False),
    },
    "PrometheusConfig": {"enable": (1, "bool", False), "path": (2, "string", False)},
    "MonitoringConfig": {"prometheus_config": (1, "PrometheusConfig", False)},
}


def parse(name, file):
    """A message of `MESSAGES` from its text."""
    kinds = descriptor_pb2.FieldDescriptorProto
    described = descriptor_pb2.FileDescriptorProto(name="x.proto", package="x", syntax="proto3")
    for message, fields in MESSAGES.items():
        added = described.message_type.add(name=message)
        for field, (number, kind, repeated) in fields.items():
            made = added.field.add(name=field, number=number)
            made.label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            made.type = getattr(kinds, f"TYPE_{kind.upper()}", kinds.TYPE_MESSAGE)
            if made.type == kinds.TYPE_MESSAGE:
                made.type_name = f".x.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(described)
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"x.{name}"))()
    return text_format.Parse((FOLDER / file).read_text(encoding="utf-8"), message)


def read(name):
    return list(yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")))


def container(documents):
    (deployment,) = (each for each in documents if each["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    (found,) = pod["containers"]
    return pod, found


def test_models_config_serves_the_ready_exports():
    config = pytest.importorskip("tensorflow_serving.config.model_server_config_pb2")
    text = (FOLDER / "models.config").read_text(encoding="utf-8")
    # Also as it is with the version policy and the labels that it shows.
    for each in (text, re.sub(r"# (model_version_policy|version_labels)", r"\1", text)):
        parsed = text_format.Parse(each, config.ModelServerConfig())
        models = list(parsed.model_config_list.config)
        assert {model.name for model in models} == set(READY)
        for model in models:
            assert model.base_path == f"/models/{model.name}"
            assert model.model_platform == "tensorflow"
    (labelled,) = (model for model in models if model.version_labels)
    assert list(labelled.model_version_policy.specific.versions) == [1, 2]
    assert dict(labelled.version_labels) == {"stable": 1, "canary": 2}


@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_batching_files(cpus):
    parsed = parse("BatchingParameters", f"batching_{cpus}.config")
    sizes = list(parsed.allowed_batch_sizes)
    # As session_bundle_config.proto demands; and at multiples of 16 bits do not depend on others.
    assert sizes == sorted(set(sizes)) and sizes[-1] == parsed.max_batch_size.value
    assert all(size % 16 == 0 for size in sizes)
    assert parsed.num_batch_threads.value == cpus
    assert parsed.max_enqueued_batches.value >= 2 * cpus
    assert 0 < parsed.batch_timeout_micros.value <= 10_000
    assert parsed.pad_variable_length_inputs


def test_monitoring_is_where_the_embedded_server_has_it():
    from hachi_tf.serving import metrics

    config = parse("MonitoringConfig", "monitoring.config").prometheus_config
    assert config.enable and config.path == metrics.PATH
    _, found = container(read("kubernetes/deployment.yaml"))
    assert read("kubernetes/deployment.yaml")[0]["spec"]["template"]["metadata"]["annotations"][
        "prometheus.io/path"
    ] == (metrics.PATH)


def test_servers_are_started_with_flags_that_there_are():
    (service,) = read("compose.yaml")[0]["services"].values()
    _, pod = container(read("kubernetes/deployment.yaml"))
    for command in (service["command"], pod["args"]):
        flags = dict(re.fullmatch(r"--(\w+)=(.+)", each).groups() for each in command)
        assert set(flags) <= FLAGS
        assert (flags["port"], flags["rest_api_port"]) == ("8500", "8501")
    assert service["image"] == pod["image"] == "tensorflow/serving:2.21.0"
    mounted = {each.split(":")[0]: each.split(":")[1] for each in service["volumes"]}
    assert mounted == {"../../exports": "/models", ".": "/config"}
    for flag in ("model_config_file", "monitoring_config_file", "batching_parameters_file"):
        (path,) = (each for each in service["command"] if each.startswith(f"--{flag}="))
        assert (FOLDER / pathlib.PurePosixPath(path).name).is_file()
    assert all(each.startswith("127.0.0.1:") for each in service["ports"])


def test_a_pod_drains_longer_than_a_request_may_take():
    pod, found = container(read("kubernetes/deployment.yaml"))
    (wait,) = found["lifecycle"]["preStop"]["exec"]["command"][1:]
    (timeout,) = (each for each in found["args"] if each.startswith("--rest_api_timeout_in_ms="))
    assert int(wait) * 1000 > int(timeout.partition("=")[2])
    assert pod["terminationGracePeriodSeconds"] > int(wait)
    assert pod["shareProcessNamespace"]  # or the server would be deaf to SIGTERM


def test_kubernetes_documents_belong_together():
    (kustomization,) = read("kustomization.yaml")
    documents = [each for name in kustomization["resources"] for each in read(name)]
    assert {each["kind"] for each in documents} == {
        "Namespace", "PersistentVolumeClaim", "Deployment", "Service", "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
    }  # fmt: skip
    (config,) = kustomization["configMapGenerator"]
    names = [each.partition("=")[::2] for each in config["files"]]
    assert all((FOLDER / (file or name)).is_file() for name, file in names)
    pod, found = container(documents)
    volumes = {each["name"]: each for each in pod["volumes"]}
    assert volumes["config"]["configMap"]["name"] == config["name"]
    wanted = {f"/config/{name}" for name, _ in names}
    given = {each.partition("=")[2] for each in found["args"] if "=/config/" in each}
    assert given == wanted
    ports = {each["name"]: each["containerPort"] for each in found["ports"]}
    services = [each for each in documents if each["kind"] == "Service"]
    for service in services:
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"]
    (grpc,) = (each for each in services if each["spec"].get("clusterIP") == "None")
    assert grpc["metadata"]["name"] == "serving-grpc"
    cpus = found["resources"]["limits"]["cpu"]
    assert f"batching.config=batching_{cpus}.config" in config["files"]


def test_kubectl_builds_them():
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    done = subprocess.run(["kubectl", "kustomize", str(FOLDER)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "configMap:\n          name: serving-config-" in done.stdout


def test_alerts_are_about_metrics_that_there_are():
    from hachi_tf.serving.metrics import Metrics

    (rules,) = read("kubernetes/alerts.yaml")[0]["groups"]
    used = set()
    for rule in rules["rules"]:
        assert rule["alert"] and rule["annotations"]["summary"] and rule["labels"]["severity"]
        assert rule["expr"].count("(") == rule["expr"].count(")")
        used |= set(re.findall(r":tensorflow:serving:\w+(?::\w+)*", rule["expr"]))
    page = Metrics().page().decode()
    known = set(re.findall(r"# TYPE (\S+)", page))
    # TensorFlow Serving alone has this one (batching_session.cc).
    used -= {":tensorflow:serving:batching_session:queuing_latency_bucket"}
    assert {name.removesuffix("_bucket") for name in used} <= known


@pytest.mark.parametrize("path", sorted((FOLDER / "clients").iterdir()), ids=lambda path: path.name)
def test_example_clients_are_short_and_need_nothing(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    imports = re.findall(r'^import .* from "(.+)";|^\t"([a-z/]+)"$', text, re.MULTILINE)
    for script, go in imports:
        assert script.startswith("node:") if script else "." not in go
