// What a vendor last said of a practitioner or an association in an answer to a search, as far as a message to an LRM needs
// it: an appointment itself carries identifiers and codes only. A vendor speaks for its own appointments alone. Types only.

/** A practitioner's name as the vendor wrote it: neither part is empty. */
interface SaidName {
  readonly lastName: string;
  readonly firstName: string;
}

/** A code, and the URL of its list (TRE_R38). */
export interface SaidSpecialty {
  readonly code: string;
  readonly url: string;
}

/** `id`: FINESS with its prefix 1, or SIRET with its prefix 3. */
interface SaidStructure {
  readonly id: string;
  readonly name: string;
}

/** Of one vendor and one practitioner or association; absent: the vendor did not say it. */
export interface Said {
  readonly name?: SaidName;
  readonly specialty?: SaidSpecialty;
  /** Where the practitioner works; of an association, itself. */
  readonly structure?: SaidStructure;
  /** All slots that were shown of the practitioner belong to a CPTS. */
  readonly isCpts?: true;
}

/** What the vendor of an appointment last said of whom it names. */
export interface SaidOfAppointment {
  readonly practitioner?: Said;
  /** Of an SOS appointment alone. */
  readonly association?: Said;
}
