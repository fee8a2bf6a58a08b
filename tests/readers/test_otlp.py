"""The protocol's own definition reads what we write as OTLP.

By OTLP's rules an identifier is hexadecimal in JSON, where protobuf's have base64: that is changed
here before it is read, and nothing else.
"""

import base64
import io
import json
from typing import Any

import pytest
from tests.runtime.exporters.recorded import HOSTILE, LEGEND, named, recorded

from slabrace.runtime.exporters.otlp_json import write

json_format: Any = pytest.importorskip("google.protobuf.json_format")
service: Any = pytest.importorskip(
    "opentelemetry.proto.collector.trace.v1.trace_service_pb2", exc_type=ImportError
)
trace: Any = pytest.importorskip("opentelemetry.proto.trace.v1.trace_pb2", exc_type=ImportError)

RUN = named(recorded(), "c", HOSTILE)
IDENTIFIERS = {"traceId", "spanId", "parentSpanId"}


def rewritten(value: Any) -> Any:
    if isinstance(value, list):
        return [rewritten(each) for each in value]
    if isinstance(value, dict):
        return {
            name: base64.b64encode(bytes.fromhex(each)).decode()
            if name in IDENTIFIERS
            else rewritten(each)
            for name, each in value.items()
        }
    return value


@pytest.fixture(scope="module")
def request_() -> Any:
    """What a collector is sent. A field that the protocol does not have is an error."""
    out = io.BytesIO()
    write(RUN, LEGEND, out)
    return json_format.ParseDict(
        rewritten(json.loads(out.getvalue())), service.ExportTraceServiceRequest()
    )


def spans(request: Any) -> list[Any]:
    return [
        span for one in request.resource_spans for scope in one.scope_spans for span in scope.spans
    ]


def services(request: Any) -> list[str]:
    return [
        each.value.string_value
        for one in request.resource_spans
        for each in one.resource.attributes
        if each.key == "service.name"
    ]


def test_each_actor_is_a_service(request_: Any) -> None:
    assert HOSTILE in services(request_)
    assert len(services(request_)) == len(request_.resource_spans)


def test_identifiers_have_the_protocols_length(request_: Any) -> None:
    assert {len(span.trace_id) for span in spans(request_)} == {16}
    assert {len(span.span_id) for span in spans(request_)} == {8}
    assert {len(span.parent_span_id) for span in spans(request_)} == {0, 8}


def test_each_link_leads_from_a_consumer_to_a_producer(request_: Any) -> None:
    kinds = {span.span_id: span.kind for span in spans(request_)}
    links = [(span.kind, link.span_id) for span in spans(request_) for link in span.links]
    assert len(links) == 9
    assert {kind for kind, _ in links} == {trace.Span.SPAN_KIND_CONSUMER}
    assert {kinds[each] for _, each in links} == {trace.Span.SPAN_KIND_PRODUCER}


def test_a_broken_law_makes_the_run_an_error(request_: Any) -> None:
    errors = [
        span for span in spans(request_) if span.status.code == trace.Status.STATUS_CODE_ERROR
    ]
    assert [span.parent_span_id for span in errors] == [b""]
    assert "exception" in [event.name for event in errors[0].events]
