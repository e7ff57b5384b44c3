"""Requests are traced where an OpenTelemetry collector is named, and nothing of what they hold is told."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from .cells import cells, trained
from .server_process import serving

TRACE = "0af7651916cd43dd8448eb211c80319c"


@contextmanager
def collecting() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a collector, and what it was sent."""
    sent: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # as the standard library calls it
            assert self.path == "/v1/traces"
            sent.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", sent
        server.shutdown()
        thread.join()


def spans(sent: list[bytes]) -> list[Span]:
    found = []
    for body in sent:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            found += [span for scope in resource.scope_spans for span in scope.spans]
    return found


def test_requests_are_traced_by_their_routes_and_without_what_they_hold(tmp_path: Path) -> None:
    with collecting() as (address, sent), serving(tmp_path / "data", OTEL_EXPORTER_OTLP_ENDPOINT=address) as server:
        server.observe(trained(3))
        server.http.post(
            "/predict",
            json={"candidates": cells(1, seed=1)},
            headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "Authorization": "Bearer emprox-secret"},
        )
        server.http.get("/studies/default")
        assert server.terminate(20) == 0

    of_requests = [span for span in spans(sent) if span.kind == Span.SPAN_KIND_SERVER]
    assert {"POST /observe", "POST /predict", "GET /studies/{name}"} <= {span.name for span in of_requests}
    (predict,) = [span for span in of_requests if span.name == "POST /predict"]
    assert predict.trace_id.hex() == TRACE
    assert {each.key: each.value.string_value for each in predict.attributes}["http.route"] == "/predict"
    assert not any(told in body for body in sent for told in (b"emprox-secret", b"nor_conv", b"val_accuracy"))


def test_a_collector_that_never_answers_holds_up_nobody_and_not_the_end(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with serving(tmp_path / "data", OTEL_EXPORTER_OTLP_ENDPOINT=address) as server:
            server.observe(trained(3))
            assert server.terminate(10) == 0  # as long as Docker waits
