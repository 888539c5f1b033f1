"""What is expected of the REST interface; see `tests.conformance.serving`."""

import base64
import re

from tests.conformance.serving import NotApplicable, Server, check

API = "tensorflow_serving/g3doc/api_rest.md"
ROUTES = "tensorflow_serving/model_servers/http_rest_api_util.cc"
ROUTES_TEST = "tensorflow_serving/model_servers/http_rest_api_handler_test.cc"
STATUS = "tensorflow_serving/model_servers/get_model_status_impl.cc"
JSON = "tensorflow_serving/util/json_tensor.cc"
HTTP = "tensorflow_serving/model_servers/http_server.cc"
LOOKUP = "tensorflow_serving/core/basic_manager.cc"
LABELS = "tensorflow_serving/model_servers/server_core.cc"
METRICS = "tensorflow_serving/servables/tensorflow/util.cc, util/prometheus_exporter.cc"
NOBODY = "/v1/models/hachi_tf_conformance_nobody"


@check("rest", API + " Model status API")
def status_lists_versions_as_strings(server: Server):
    answer = server.get()
    assert answer.status == 200 and answer.content_type.startswith("application/json")
    statuses = answer.json["model_version_status"]
    assert statuses and all(set(s) == {"version", "state", "status"} for s in statuses)
    (newest,) = (s for s in statuses if s["version"] == server.version())
    assert newest["state"] == "AVAILABLE"
    assert newest["status"] == {"error_code": "OK", "error_message": ""}


@check("rest", API + " Model status API")
def status_of_one_version(server: Server):
    statuses = server.get(f"/versions/{server.version()}").json["model_version_status"]
    assert [s["version"] for s in statuses] == [server.version()]


@check("rest", STATUS)
def status_of_what_is_not_there(server: Server):
    server.get("/versions/987654").refused(404, "Could not find version 987654 of model")
    server.ask("GET", NOBODY).refused(404, "Could not find any versions of model")


@check("rest", API + " Model Metadata API; " + ROUTES)
def metadata_holds_signature_defs(server: Server):
    answer = server.get("/metadata")
    assert answer.status == 200 and answer.content_type.startswith("application/json")
    spec = answer.json["model_spec"]
    assert (spec["name"], spec["version"]) == (server.model, server.version())
    signature = answer.json["metadata"]["signature_def"]["signature_def"]["sample"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    seed = signature["inputs"]["seed"]
    assert seed["dtype"] == "DT_INT32" and seed["name"].endswith(":0")
    assert [dim["size"] for dim in seed["tensor_shape"]["dim"]] == ["-1", "2"]
    assert seed["tensor_shape"]["unknown_rank"] is False


@check("rest", LOOKUP)
def metadata_of_what_is_not_there(server: Server):
    server.ask("GET", NOBODY + "/metadata").refused(404, "Servable not found for request: Latest(")


@check("rest", ROUTES_TEST + " UnsupportedApiCalls")
def other_routes_are_malformed_requests(server: Server):
    server.ask("GET", "/v1/models").refused(400, "Missing model name")
    for method, path in (
        ("GET", "/v1/foo"),
        ("POST", "/v1/foo"),
        ("POST", "/v1/models"),
        ("GET", "/v1/models/foo:predict"),
        ("POST", "/v1/models/foo/version/50:predict"),
        ("POST", "/v1/models/foo/versions/HELLO:predict"),
        ("POST", "/v1/models/foo/metadata"),
        ("POST", "/v1/models/foo/label/some_label:predict"),
        ("POST", "/v1/models/foo/versions/50/labels/some_label:predict"),
    ):
        server.ask(method, path, "" if method == "POST" else None).refused(400, "Malformed request")
    path = f"/v1/models/foo/versions/{2**64 - 1}:predict"
    server.ask("POST", path, "").refused(400, "Failed to convert version")


@check("rest", HTTP + " RestApiRequestDispatcher")
def what_is_not_below_v1_is_not_found(server: Server):
    assert server.ask("GET", "/hachi_tf_conformance_nothing").status == 404


@check("rest", API + " Predict API, Specifying input tensors in column format")
def predict_in_columns(server: Server):
    answer = server.predict({"signature_name": "sample", "inputs": server.columns()})
    assert answer.status == 200, answer.text[:300]
    assert answer.content_type.startswith("application/json")
    outputs = answer.json["outputs"]
    assert set(outputs) == set(server.signature("sample")["outputs"])
    assert len(outputs["events"]) == len(outputs["lengths"]) == 2


@check("rest", API + " Predict API, Specifying input tensors in row format")
def predict_in_rows(server: Server):
    columns = server.columns()
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    found = server.predict({"signature_name": "sample", "instances": rows}).json["predictions"]
    outputs = server.predict({"signature_name": "sample", "inputs": columns}).json["outputs"]
    assert found == [{name: outputs[name][row] for name in outputs} for row in range(2)]


@check("rest", API + " Predict API, Request format")
def the_default_signature_is_serving_default(server: Server):
    columns = server.columns("serving_default")
    named = server.predict({"signature_name": "serving_default", "inputs": columns})
    empty = server.predict({"signature_name": "", "inputs": columns})
    assert server.predict({"inputs": columns}).json == named.json == empty.json


@check("rest", API + " Predict API, URL")
def a_version_may_be_asked_for(server: Server):
    body = {"inputs": server.columns("serving_default")}
    assert server.predict(body, f"/versions/{server.version()}").json == server.predict(body).json
    server.predict(body, "/versions/987654").refused(
        404, f"Servable not found for request: Specific({server.model}, 987654)"
    )


@check("rest", ROUTES_TEST + " PredictRequestErrors; " + LABELS)
def an_unknown_label_is_an_invalid_argument(server: Server):
    body = {"inputs": server.columns("serving_default")}
    server.predict(body, "/labels/nobody").refused(400, "Unrecognized servable version label")


@check("rest", API + " Example")
def an_unknown_model_is_not_found(server: Server):
    answer = server.ask("POST", NOBODY + ":predict", {"instances": [1.0]})
    answer.refused(404, "Servable not found for request: Latest(hachi_tf_conformance_nobody)")


@check("rest", JSON + " FillPredictRequestFromJson")
def json_is_parsed_before_the_model_is_looked_up(server: Server):
    server.ask("POST", NOBODY + ":predict", '{"instances"').refused(400, "JSON Parse error")


@check("rest", ROUTES_TEST + " PredictRequestErrors; " + JSON + " ParseJson")
def what_is_no_json_object_is_refused(server: Server):
    server.predict("").refused(400, "JSON Parse error: The document is empty")
    server.predict("instances = [1, 2]").refused(400, "JSON Parse error: ")
    server.predict("[1, 2]").refused(400, "Is not object")
    server.predict({"signature_name": 100}).refused(
        400, "'signature_name' key must be a string value."
    )


@check("rest", ROUTES_TEST.replace("_test", "") + " GetInfoMap")
def an_unknown_signature_is_refused(server: Server):
    body = {"signature_name": "nobody", "inputs": {}}
    server.predict(body).refused(400, 'Serving signature name: "nobody" not found in signature def')


@check("rest", JSON + " FillPredictRequestFromJson")
def there_must_be_inputs_or_instances(server: Server):
    columns = server.columns()
    server.predict({"signature_name": "sample"}).refused(400, "Missing 'inputs' or 'instances' key")
    both = {"signature_name": "sample", "inputs": columns, "instances": [{}]}
    server.predict(both).refused(400, "expecting only one of")
    server.predict({"instances": {}}).refused(400, "'instances' to be an list/array")
    server.predict({"instances": []}).refused(400, "No values in 'instances' array")
    server.predict({"instances": [1, 2]}).refused(400, "instances is a plain list")
    server.predict({"inputs": [1, 2]}).refused(400, "inputs is a plain value/list")


@check("rest", JSON + " FillTensorMapFromInputsMap, FillTensorMapFromInstancesList")
def all_inputs_must_be_there(server: Server):
    columns = server.columns()
    del columns["seed"]
    body = {"signature_name": "sample", "inputs": columns}
    server.predict(body).refused(400, "Missing named input: seed in 'inputs' object.")
    rows = [{name: value[0] for name, value in columns.items()}]
    answer = server.predict({"signature_name": "sample", "instances": rows})
    answer.refused(400, "Failed to process element: 0")
    unknown = rows[0] | {"seed": [7, 0], "nobody": 1}
    answer = server.predict({"signature_name": "sample", "instances": [unknown]})
    answer.refused(400, "Failed to process element: 0", "does not have named input")


@check("rest", API + " JSON mapping; " + JSON + " AddValueToTensor")
def values_must_be_of_the_inputs_type(server: Server):
    for name, value, kind in (
        ("num_steps", [4.0, 4], "int32"),
        ("num_steps", ["4", 4], "int32"),
        ("num_steps", [2**31, 4], "int32"),
        ("num_steps", [True, 4], "int32"),
        ("bias", ["0", 0], "float"),
        ("bias", [None, 0], "float"),
        ("bias", [False, 0], "float"),
    ):
        body = {"signature_name": "sample", "inputs": server.columns() | {name: value}}
        server.predict(body).refused(400, "JSON Value:", f"is not of expected type: {kind}")
    stepped = server.columns("step") | {"has_event": [0, 1]}
    answer = server.predict({"signature_name": "step", "inputs": stepped})
    answer.refused(400, "is not of expected type: bool")


@check("rest", API + " JSON mapping")
def whole_numbers_will_do_for_floats(server: Server):
    whole = server.columns() | {"bias": [0, 0], "temperature": [1, 1]}
    exact = server.columns() | {"bias": [0.0, 0.0], "temperature": [1e0, 1.0]}
    answers = [
        server.predict({"signature_name": "sample", "inputs": inputs}) for inputs in (whole, exact)
    ]
    assert answers[0].status == 200 and answers[0].json == answers[1].json


@check("rest", JSON + " FillTensorProto")
def lists_must_be_even(server: Server):
    uneven = server.columns() | {"seed": [[7, 0], [7]]}
    answer = server.predict({"signature_name": "sample", "inputs": uneven})
    answer.refused(400, "Encountered list at unexpected size")


@check("rest", API + " JSON conformance")
def nan_and_infinity_are_taken(server: Server):
    columns = server.columns() | {"bias": [float("nan"), float("inf")]}
    answer = server.predict({"signature_name": "sample", "inputs": columns})
    assert answer.status == 200, answer.text[:300]


@check("rest", JSON + " WriteDecimal")
def floats_are_written_with_a_point(server: Server):
    text = server.predict({"signature_name": "sample", "inputs": server.columns()}).text
    events = re.sub(r"\s", "", text).partition('"events":')[2].partition("]]]")[0]
    numbers = [number for number in re.split(r"[\[\],]+", events) if number]
    assert numbers and all("." in number or "e" in number.lower() for number in numbers), numbers


@check("rest", API + " Encoding binary values")
def strings_may_be_base64(server: Server):
    columns = server.columns("sample_primed")
    if "prime_text" not in columns:
        raise NotApplicable("this export reads no text")
    plain = server.predict({"signature_name": "sample_primed", "inputs": columns})
    coded = {"b64": base64.b64encode(columns["prime_text"][0].encode()).decode()}
    columns["prime_text"] = [coded] * 2
    answer = server.predict({"signature_name": "sample_primed", "inputs": columns})
    assert answer.status == 200 and answer.json == plain.json
    columns["prime_text"] = [{"b64": "a"}] * 2
    answer = server.predict({"signature_name": "sample_primed", "inputs": columns})
    answer.refused(400, "Unable to base64 decode")


@check("rest", API + " Output of binary values")
def outputs_named_bytes_are_base64(server: Server):
    if "text_bytes" not in server.signature("sample")["outputs"]:
        raise NotApplicable("no output of this export ends in _bytes")
    body = {"signature_name": "sample", "inputs": server.columns()}
    for each in server.predict(body).json["outputs"]["text_bytes"]:
        base64.b64decode(each["b64"], validate=True)


@check("rest", METRICS)
def requests_are_counted_for_prometheus(server: Server):
    path = "/monitoring/prometheus/metrics"
    if server.ask("GET", path).status == 404:
        raise NotApplicable("started without --monitoring_config_file")

    def count():
        page = server.ask("GET", path)
        assert page.status == 200 and page.content_type.startswith("text/plain")
        pattern = rf':tensorflow:serving:request_count{{[^}}]*model_name="{server.model}"[^}}]*}} '
        lines = [line for line in page.text.splitlines() if re.match(pattern, line)]
        return sum(float(line.split()[-1]) for line in lines if 'status="OK"' in line)

    before = count()
    server.predict({"signature_name": "sample", "inputs": server.columns()})
    assert count() == before + 1
