-- Withdrawals are counted by caller and by kind, so that a flood of names that never had an account, or another caller's,
-- holds no right that really ends. docs/accounts.md § 4.
ALTER TABLE regulators ADD COLUMN granted_ms INTEGER;      -- since when he has, or last had, the right; NULL: before this
ALTER TABLE regulators ADD COLUMN withdrawn_as TEXT;       -- account, recent, unknown; NULL while active, and of before this
ALTER TABLE regulators ADD COLUMN withdrawn_by TEXT;       -- the caller, hashed
CREATE INDEX regulators_withdrawals ON regulators (withdrawn_by, withdrawn_as, withdrawn_ms)
  WHERE withdrawn_ms IS NOT NULL;

ALTER TABLE account_waves ADD COLUMN caller TEXT;          -- hashed; NULL, with kind, in waves of before this
ALTER TABLE account_waves ADD COLUMN kind TEXT;
ALTER TABLE account_waves ADD COLUMN paced_ms INTEGER;     -- when some of it was last released without an operator

-- 1: of somebody whom no vendor was ever told of; told after all others, and no login waits for it.
ALTER TABLE accounts ADD COLUMN is_unknown INTEGER NOT NULL DEFAULT 0;
CREATE INDEX accounts_withdrawing_known ON accounts (editor) WHERE withdrawing = 1 AND is_unknown = 0;
