// A38, A39: the kinds of slots and the types of consultation that come are those the vendor declares, no more and
// no less, over all the practitioners given.

import { CPTS_CODE } from '../../shared/sas/canonical.ts';
import { codesOf, kindsOf } from '../bundle-view.ts';
import { breaks, defineRequirements, pass, skip, type Verdict } from '../requirement.ts';
import type { Scene } from '../scene.ts';
import { describeNoSlot, GROUP_SUFFIX, mark, type Survey } from '../survey.ts';

const ROWS = defineRequirements({
  A38: 'failure [FAQ] Les natures de créneau reçues (meta.security) sont celles déclarées.',
  A39: 'failure [FAQ] Les types de consultation reçus (serviceType) sont ceux déclarés.',
});

export function runKinds(scene: Scene, { flow, answers }: Survey): void {
  const group = `Natures et types${GROUP_SUFFIX[flow]}`;
  const { kinds, types } = scene.inputs;
  const slots = answers.flatMap(({ view }) => view?.of('Slot') ?? []);
  const received = slots.length === 0 ? describeNoSlot(answers) : slots.length;
  const exchanges = answers.map(({ exchange }) => exchange);
  // Without the CPTS includes, no CPTS slot is sent.
  const wanted = flow === 'INT_R04' ? kinds : kinds?.filter((kind) => kind !== 'CPTS');
  const found = slots.flatMap(({ resource }) => kindsOf(resource));
  const served = slots
    .flatMap(({ resource }) => codesOf(resource.serviceType))
    .filter((code) => code !== CPTS_CODE);
  scene.judge(
    group,
    mark(ROWS.A38, flow),
    compare(received, wanted, found, '--kinds PUBLIC,PRO,SNP,CPTS'),
    ...exchanges,
  );
  scene.judge(
    group,
    mark(ROWS.A39, flow),
    compare(received, types, served, '--types AMB,HH,VR'),
    ...exchanges,
  );
}

function compare(
  slots: number | string,
  declared: readonly string[] | undefined,
  found: readonly string[],
  option: string,
): Verdict {
  if (declared === undefined) return skip(`Déclarer ce qui est attendu : ${option}.`);
  if (typeof slots === 'string') return skip(slots);
  const received = new Set(found);
  const absent = declared.filter((code) => !received.has(code));
  const extra = [...received].filter((code) => !declared.includes(code));
  if (absent.length + extra.length === 0) return pass(`Reçus : ${[...received].toSorted().join(', ')}.`);
  return breaks({
    text: [
      ...(absent.length > 0 ? [`Déclarés et jamais reçus : ${absent.join(', ')}.`] : []),
      ...(extra.length > 0
        ? [
            `Reçus et non déclarés : ${extra
              .slice(0, 10)
              .map((code) => code.slice(0, 40))
              .join(', ')}.`,
          ]
        : []),
    ].join(' '),
    expression: option.startsWith('--kinds') ? 'Slot.meta.security.code' : 'Slot.serviceType.coding.code',
    example: `Exactement ${declared.join(', ')}, sur l’ensemble des professionnels donnés.`,
  });
}
