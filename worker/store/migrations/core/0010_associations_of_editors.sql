-- Whether a vendor is known to serve other SOS associations than those asked (worker/hub/memory/associations.ts). A SIRET
-- begins with 3: some hundred rows, written when a vendor first shows slots of one.
CREATE INDEX interfaced_associations ON interfaced (editor, subject) WHERE subject >= '3' AND subject < '4';
