-- The hub has booked slots in its own storage: no search reads them here any more, and each index costs a write for each
-- appointment. docs/appointments.md § 6.
DROP INDEX appointment_versions_taken;
DROP INDEX appointment_versions_taken_sos;
