/** @file Figures for Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Admission } from './admission.ts';

export interface Metrics {
  readonly registry: Registry;
  request(route: string, method: string, status: number, seconds: number): void;
  pairs(count: number): void;
  workerReplaced(): void;
}

export function createMetrics(admission: Admission): Metrics {
  const registry = new Registry();
  const registers = [registry];
  // The lag of the event loop is measured with a timer, whose period counts into it.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1 });
  const requests = new Counter({
    name: 'relbert_http_requests_total',
    help: 'Requests answered',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'relbert_http_request_duration_seconds',
    help: 'Time from the head of a request to its answer, of those answered 200',
    labelNames: ['route'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    registers,
  });
  const pairs = new Counter({ name: 'relbert_pairs_total', help: 'Pairs of requests answered 200', registers });
  const replaced = new Counter({ name: 'relbert_workers_replaced_total', help: 'Workers that died', registers });
  const gauge = (value: 'requests' | 'pairs' | 'limit', help: string) =>
    new Gauge({
      ...{ name: `relbert_queue_${value}`, help, registers },
      collect() {
        this.set(admission.state[value]);
      },
    });
  gauge('requests', 'Requests in flight');
  gauge('pairs', 'Pairs in flight');
  gauge('limit', 'Requests that are taken at present');
  return {
    registry,
    request(route, method, status, time) {
      requests.inc({ route, method, status });
      if (status === 200) seconds.observe({ route }, time);
    },
    pairs: (count) => pairs.inc(count),
    workerReplaced: () => replaced.inc(),
  };
}
