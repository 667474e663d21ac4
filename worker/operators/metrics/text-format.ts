// Figures as Prometheus reads them: OpenMetrics 1.0, or the older text format 0.0.4. Gauges only. No I/O.
// prometheus.io/docs/specs/om/open_metrics_spec, prometheus.io/docs/instrumenting/exposition_formats.

/** One value under its labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  /** Finite. */
  readonly value: number;
}

/** One gauge, and all its samples. */
export interface Gauge {
  /** Behind the program's prefix: `vendor_state`. */
  readonly name: string;
  /** One line. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The two formats. */
export type TextFormat = 'openmetrics' | 'text';

/** Of an answer in that format. */
export const CONTENT_TYPE: Readonly<Record<TextFormat, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
};

/** Whom `Accept` names OpenMetrics gets it, unless by `q=0`; everybody else the older format. */
export function formatFor(accept: string | null): TextFormat {
  const ranges = (accept ?? '').toLowerCase().split(',');
  const wanted = ranges.find((range) => range.split(';')[0]?.trim() === 'application/openmetrics-text');
  return wanted === undefined || /;\s*q=0(\.0*)?\s*(;|$)/.test(wanted) ? 'text' : 'openmetrics';
}

/** The page: a gauge without samples is left out. */
export function writeGauges(prefix: string, gauges: readonly Gauge[], format: TextFormat): string {
  const lines = gauges
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, help, samples }) => [
      // Both formats escape the same in help, but for the quote, which no help here has.
      `# HELP ${prefix}${name} ${escaped(help)}`,
      `# TYPE ${prefix}${name} gauge`,
      ...samples.map(({ labels = {}, value }) => `${prefix}${name}${writeLabels(labels)} ${value}`),
    ]);
  if (format === 'openmetrics') lines.push('# EOF');
  return lines.map((line) => `${line}\n`).join('');
}

function writeLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
