-- Which vendor's claims on somebody are new: GET /admin/practitioner-claims reads the latest of a period. docs/front.md § 5.
CREATE INDEX interfaced_first ON interfaced (first_ms);
