"""Trace spans for an operator's collector: one per call, with names of ours and nothing else.

They are sent only where OpenTelemetry's own variable OTEL_EXPORTER_OTLP_ENDPOINT says where to. The
provider is not made global: FastAPI would then record spans of its own, with what was asked.
"""

import os

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import NoOpTracer, Tracer

from service import __version__


class Tracing:
    """Where the spans of one application go."""

    def __init__(self, exporter: SpanExporter | None = None) -> None:
        """Send spans to the exporter; for None to the collector of the environment, if any."""
        self._provider: TracerProvider | None = None
        self.tracer: Tracer = NoOpTracer()
        if exporter is None and os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
            exporter = OTLPSpanExporter()
        if exporter is not None:
            resource = Resource({"service.name": "vidare", "service.version": __version__})
            self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
            self._provider.add_span_processor(BatchSpanProcessor(exporter))
            self.tracer = self._provider.get_tracer("vidare")

    def close(self) -> None:
        """Send what waits."""
        if self._provider is not None:
            self._provider.shutdown()
