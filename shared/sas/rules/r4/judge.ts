// The frame of every judgment of one resource: R4 first, then the profile. Judges of Bundles use
// `judgeInto` for each entry with the Bundle's checker, so that paths and limits are shared.
// docs/decisions/0001-validators.md.

import { Checker, type Finding, type Json } from './checker.ts';
import { walkResource } from './walk.ts';

export type Check<Profile> = (c: Checker, resource: Json, profile: Profile) => void;

/** Every finding of one resource; never throws. */
export function judge<Profile>(
  value: unknown,
  type: string,
  check: Check<Profile>,
  profile: Profile,
): readonly Finding[] {
  const c = new Checker(type);
  judgeInto(c, value, type, check, profile);
  return c.findings;
}

/** The same, into a checker whose path stands at the resource. */
export function judgeInto<Profile>(
  c: Checker,
  value: unknown,
  type: string,
  check: Check<Profile>,
  profile: Profile,
): void {
  if (walkResource(c, value, type) && !c.full) check(c, value, profile);
}
