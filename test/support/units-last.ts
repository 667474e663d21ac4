// The order of the files: what starts processes first, the short ones of pure code last, so that no worker is left alone
// with a long file at the end.

import { BaseSequencer, type TestSpecification } from 'vitest/node';

export class UnitsLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isUnit = ({ project }: TestSpecification): boolean => project.name === 'unit';
    return [...sorted.filter((file) => !isUnit(file)), ...sorted.filter(isUnit)];
  }
}
