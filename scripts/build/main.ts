// npm run build -- [--out DIR] [--commit HASH]: all that production runs, in one folder that needs neither this tree nor its
// packages. What is in it, and how it is made again to the byte: docs/build.md.

import { join, resolve } from 'node:path';
import { readFlags, refuseUsage } from '../../sandbox/base/flags.ts';
import { describeFailure } from '../../sandbox/base/say.ts';
import { describeVersion, VERSION } from '../../shared/version.ts';
import { expectReplaceable, makeRelease, writeRelease } from './release.ts';
import { readStamp } from './stamp.ts';

const ROOT = join(import.meta.dirname, '../..');

const flags = readFlags('npm run build -- [options]', {
  out: { kind: 'text', hint: 'DOSSIER', default: 'dist/release', about: 'où écrire ; remplacé en entier' },
  commit: {
    kind: 'text',
    hint: 'EMPREINTE',
    check: (value) =>
      /^[0-9a-f]{40}$/.test(value) ? undefined : 'les 40 chiffres hexadécimaux de git sont attendus',
    about: "le commit que c'est, là où git ne peut pas le dire",
  },
});
const { SOURCE_DATE_EPOCH: epoch } = process.env;
if (epoch !== undefined && !/^\d{1,11}$/.test(epoch)) {
  refuseUsage('SOURCE_DATE_EPOCH : des secondes depuis 1970 sont attendues.');
}
const out = resolve(flags.out);
try {
  expectReplaceable(out);
  const build = readStamp({ root: ROOT, commit: flags.commit, epoch, nowMs: Date.now() });
  const release = await makeRelease(ROOT, build);
  writeRelease(release, ROOT, out);
  const [whole, startGzip, wholeGzip] = [
    release.worker.whole,
    release.worker.startGzip,
    release.worker.wholeGzip,
  ].map((bytes) => Math.round(bytes / 1000));
  console.log(`${describeVersion({ ...VERSION, build })} : ${out}`);
  console.log(`Worker : ${whole} ko, ${wholeGzip} ko en gzip, dont ${startGzip} ko à son départ`);
} catch (cause) {
  process.stderr.write(`Rien n'est écrit : ${describeFailure(cause, out)}\n`);
  process.exitCode = 1;
}
