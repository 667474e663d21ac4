-- No subject that may be a person's, and no fingerprint of one, of what was decided before: as worker/http/operator.ts has it.
UPDATE erased_regulators SET asked_by = 'withheld' WHERE asked_by LIKE 'sha256:%';
UPDATE account_waves SET confirmed_by = 'withheld' WHERE confirmed_by IS NOT NULL AND (
  confirmed_by NOT GLOB '[A-Za-z]*' OR confirmed_by GLOB '*[^A-Za-z0-9_.:-]*' OR length(confirmed_by) > 64
  OR confirmed_by GLOB '*[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]*');
