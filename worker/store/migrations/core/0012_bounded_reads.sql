-- So that no statement reads every account, regulator, event or note of a search
-- (test/unit/platform/query-plans.test.ts).

-- A vendor's accounts; by when the drift repair last said each.
CREATE INDEX accounts_of_editor ON accounts (editor, checked_ms);
-- Those whose right has ended: a relay's announcement and the purge look at no other.
CREATE INDEX regulators_inactive ON regulators (id) WHERE active = 0;
CREATE INDEX account_drift_latest ON account_drift (at_ms);
CREATE INDEX broadcasts_oldest ON broadcasts (at_ms);
