// What every group of the run shares: the inputs, the caller, the mask, and the list of what was judged so far.

import type { Certificates } from '../relay/certificates/certificates.ts';
import { Caller } from './calls/caller.ts';
import type { Exchange } from './calls/exchange.ts';
import type { RunInputs } from './inputs.ts';
import { placeAt, showFragment } from './report/fragment.ts';
import { Mask } from './report/mask.ts';
import type { Judged, Problem, Requirement, Verdict } from './requirement.ts';

export class Scene {
  readonly inputs: RunInputs;
  readonly certificates: Certificates;
  readonly caller: Caller;
  readonly mask: Mask;
  readonly judged: Judged[] = [];

  constructor(inputs: RunInputs, certificates: Certificates) {
    this.inputs = inputs;
    this.certificates = certificates;
    this.caller = new Caller(inputs.editor, certificates, inputs.timeoutMs);
    this.mask = new Mask([...inputs.rpps, ...inputs.siret]);
  }

  judge(group: string, requirement: Requirement, verdict: Verdict, ...exchanges: readonly Exchange[]): void {
    this.judged.push({ group, requirement, verdict, exchanges: exchanges.map(({ id }) => id) });
  }

  /** A problem with what stands at that path of an answer. */
  problem(root: unknown, text: string, expression: string, example?: string): Problem {
    const fragment = placeAt(root, expression).found ? showFragment(root, expression, this.mask) : undefined;
    return {
      text,
      expression,
      ...(fragment !== undefined && { fragment }),
      ...(example !== undefined && { example }),
    };
  }
}
