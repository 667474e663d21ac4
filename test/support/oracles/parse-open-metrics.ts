// Reads OpenMetrics 1.0 strictly, as far as gauges go: https://prometheus.io/docs/specs/om/open_metrics_spec/.

const SAMPLE =
  /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"(?:,(?=[a-zA-Z_])|(?=\})))*\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

/** By name and labels as written, the value. Throws at the first line that the format does not allow. */
export function parseOpenMetrics(page: string): ReadonlyMap<string, number> {
  if (!page.endsWith('# EOF\n')) throw new Error('no EOF at the end');
  const samples = new Map<string, number>();
  const families = new Set<string>();
  let family = '';
  for (const line of page.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const told = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (told !== null) {
      const [, kind, name = '', rest] = told;
      if (name !== family && families.has(name)) throw new Error(`${name} is told twice`);
      if (kind === 'TYPE' && rest !== 'gauge') throw new Error(`${name} is no gauge`);
      families.add(name);
      family = name;
      continue;
    }
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || name !== family) throw new Error(`not of ${family}: ${line}`);
    if (samples.has(name + labels)) throw new Error(`twice: ${line}`);
    samples.set(name + labels, Number(value));
  }
  return samples;
}
