// Where a requirement comes from, for people: the guide's pages, its profiles, FHIR R4, and ANS's own kit.

export interface Page {
  readonly title: string;
  readonly url?: string;
}

const GUIDE = 'https://interop.esante.gouv.fr/ig/fhir/sas/';

const PAGES: Readonly<Record<string, Page>> = {
  PS: {
    title: 'Recherche de créneaux, professionnels',
    url: `${GUIDE}specifications_techniques-ps-recherche_creneaux.html`,
  },
  CPTS: {
    title: 'Recherche de créneaux, CPTS',
    url: `${GUIDE}specifications_techniques-cpts-recherche_creneaux.html`,
  },
  SOS: {
    title: 'Recherche de créneaux, SOS Médecins',
    url: `${GUIDE}specifications_techniques-sos-recherche_creneaux.html`,
  },
  REG: {
    title: 'Gestion des comptes régulateurs',
    url: `${GUIDE}specifications_techniques-tous-gestion_regulateur.html`,
  },
  RDV: {
    title: 'Gestion des rendez-vous',
    url: `${GUIDE}specifications_techniques-tous-gestion_rdv.html`,
  },
  FUN: { title: 'Spécifications fonctionnelles', url: `${GUIDE}specifications_fonctionnelles.html` },
  FAQ: { title: 'Questions fréquentes', url: `${GUIDE}faq.html` },
  SEC: { title: 'Sécurité', url: `${GUIDE}securite.html` },
  ANX: { title: 'Annexes', url: `${GUIDE}annexes.html` },
  KIT: { title: 'Kit de test de l’ANS (Inferno)' },
  R4: { title: 'FHIR R4', url: 'https://hl7.org/fhir/R4/' },
};

export function pageOf(key: string): Page {
  const known = PAGES[key];
  if (known !== undefined) return known;
  const profile = /^profil ([A-Za-z-]+)$/.exec(key)?.[1];
  // Profiles of fr-core are named without "Agregateur" or "sas-": the guide has no page of its own for them.
  if (profile !== undefined && /^(sas-|.*Agregateur$|FrAppointmentSAS|FrPractitionerRegul)/.test(profile)) {
    return { title: `Profil ${profile}`, url: `${GUIDE}StructureDefinition-${profile}.html` };
  }
  if (key.startsWith('R4 ')) return { title: `FHIR ${key}`, url: 'https://hl7.org/fhir/R4/' };
  return { title: profile === undefined ? key : `Profil ${profile}` };
}
