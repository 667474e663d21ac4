-- Which appointments overlap a time, whatever their length, also those that were moved a moment ago: what a search leaves
-- out is read from the versions that hold or held. By end: what is over is not read.
CREATE INDEX appointment_versions_taken ON appointment_versions (practitioner, end_ms, start_ms, appointment, version)
  WHERE held = 1 AND holds = 1;
CREATE INDEX appointment_versions_taken_sos ON appointment_versions (end_ms, start_ms, appointment, version)
  WHERE held = 1 AND holds = 1 AND profile = 'sos';
