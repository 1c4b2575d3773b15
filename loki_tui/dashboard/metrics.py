"""Figures for Prometheus: the run that matters now, the dashboard itself, and its health."""

from __future__ import annotations

from collections.abc import Iterator

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric, StateSetMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from loki_tui import __version__
from loki_tui.core.vocabulary import Proof, Status
from loki_tui.dashboard.desk import PROBE, PROJECT, STREAMS, reading
from loki_tui.dashboard.health import Health
from loki_tui.dashboard.streams import Streams
from loki_tui.runtime.client import RunClient, RunView, find_run


async def metrics(request: web.Request) -> web.Response:
    """Figures in Prometheus' text format."""
    health = await request.app[PROBE].health()
    project, streams = request.app[PROJECT], request.app[STREAMS]

    def look() -> bytes:
        found = find_run(project)
        view = None if found is None else RunClient(project, found.id).view()
        registry = CollectorRegistry()
        registry.register(_Figures(health, streams, view))
        return generate_latest(registry)

    return web.Response(body=await reading(request, look), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Figures:
    """Implements Prometheus' protocol of a collector."""

    def __init__(self, health: Health, streams: Streams, view: RunView | None) -> None:
        self._health, self._streams, self._view = health, streams, view

    def collect(self) -> Iterator[Metric]:
        """All figures as they are now."""
        yield InfoMetricFamily("loki", "This Loki.", {"version": __version__})
        healthy = GaugeMetricFamily("loki_healthy", "1 where all is as it should be, by check.", labels=["check"])
        for name, check in self._health.checks.items():
            healthy.add_metric([name], float(check.ok))
        yield healthy
        yield GaugeMetricFamily("loki_dashboard_streams", "Streams of events that are open.", self._streams.count)
        yield GaugeMetricFamily(
            "loki_dashboard_streams_dropped", "Clients cut off because they took nothing.", self._streams.dropped
        )
        if self._view is not None:
            yield from _of_run(self._view)


def _of_run(view: RunView) -> Iterator[Metric]:
    state, books, run = view.state, view.state.books, [view.state.run]
    standing = StateSetMetricFamily("loki_run_status", "How the run stands.", labels=["run"])
    standing.add_metric(run, {status.value: status is view.status for status in Status})
    yield standing
    figures = {
        "loki_run_iterations": ("Iterations begun.", float(state.total_iterations)),
        "loki_run_actions": ("Actions of agents.", float(state.actions)),
        "loki_run_refusals": ("Actions that limits did not let happen.", float(state.refusals)),
        "loki_run_model_failures": ("Model requests that failed, in a row.", float(state.failures)),
        "loki_run_spent_dollars": ("Spent; a lower bound while prices are unknown.", float(books.spent)),
        "loki_run_waiting_approvals": ("Approvals that wait for a person.", float(len(state.undecided))),
        "loki_run_events": ("Events in the journal.", float(state.seq)),
        "loki_run_last_event_seconds": ("When the last event was journaled.", state.at.timestamp()),
        "loki_run_engine_up": ("1 while an engine is at work.", float(view.engine is not None)),
    }
    if books.limit is not None:
        figures["loki_run_budget_dollars"] = ("The cap.", float(books.limit))
    for name, (meaning, value) in figures.items():
        family = GaugeMetricFamily(name, meaning, labels=["run"])
        family.add_metric(run, value)
        yield family
    proofs = GaugeMetricFamily("loki_run_requirements", "Requirements, by how far proven.", labels=["run", "proof"])
    for proof in Proof:
        proofs.add_metric([*run, proof.value], float(sum(one.proof is proof for one in state.requirements.values())))
    yield proofs
    if state.samples:
        yield from _of_machine(view)


def _of_machine(view: RunView) -> Iterator[Metric]:
    sample, run = view.state.samples[-1].sample, [view.state.run]
    for name, meaning, value in (
        ("loki_machine_cpu_percent", "Of the machine, as last sampled.", sample.cpu_percent),
        ("loki_machine_memory_percent", "Of the machine, as last sampled.", sample.memory_percent),
        ("loki_run_cpu_percent", "Of the run's processes; 100 is one core.", sample.run_cpu_percent),
        ("loki_run_memory_bytes", "Of the run's processes.", float(sample.run_rss_bytes)),
    ):
        family = GaugeMetricFamily(name, meaning, labels=["run"])
        family.add_metric(run, value)
        yield family
