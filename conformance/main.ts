// `npm run conformance -- --config FILE --editor ID --rpps A,B,…`: the whole checklist against one vendor, and three
// reports. Exit codes: 0 all pass, 1 a mandatory requirement fails, 2 wrong command line, 3 nothing could be run.

import { join } from 'node:path';
import { readCommand } from './command.ts';
import { USAGE } from './flags.ts';
import { groupUnjudged, type Report } from './report/model.ts';
import { writeReports } from './report/write.ts';
import { runAll } from './run.ts';

async function main(args: readonly string[]): Promise<number> {
  const command = readCommand(args, process.env);
  if (!command.ok) {
    process.stderr.write(`${command.error.text}\n${command.error.code === 2 ? `\n${USAGE}` : ''}`);
    return command.error.code;
  }
  if (command.value.does === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const { inputs, out, previous } = command.value;
  const run = await runAll(inputs);
  if (!run.ok) {
    process.stderr.write(`Rien n'a pu être joué. ${run.error}\n`);
    return 3;
  }
  try {
    const report = await writeReports(run.value, out, previous, args);
    process.stdout.write(summarise(report, out));
    return report.counts.failed === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(
      `Les rapports n'ont pas pu être écrits dans ${out} : ${(error as NodeJS.ErrnoException).code}.\n`,
    );
    return 3;
  }
}

function summarise(report: Report, out: string): string {
  const { counts, requirements, difference } = report;
  const lines = requirements
    .filter(({ status }) => status === 'failed' || status === 'warning')
    .map(({ id, status, title }) => `${status === 'failed' ? '✗' : '!'} ${id.padEnd(9)} ${title}`);
  const changes =
    difference === undefined
      ? []
      : [
          ['Ne passent plus', difference.newlyFailed],
          ['Passent maintenant', difference.newlyPassed],
          ['Ne sont plus jugées', difference.gone],
        ]
          .filter(([, ids]) => (ids?.length ?? 0) > 0)
          .map(([name, ids]) => `${String(name)} : ${[...(ids ?? [])].join(', ')}`);
  const total = `${counts.passed} conformes, ${counts.failed} à corriger, ${counts.warning} à voir, ${counts.skipped} non jugées`;
  const unjudged = groupUnjudged(report).map(({ reason, ids }) => `· ${ids.join(', ')} : ${reason}`);
  return `${[...lines, ...changes, ...unjudged, total, join(out, 'report.html')].join('\n')}\n`;
}

process.exitCode = await main(process.argv.slice(2));
