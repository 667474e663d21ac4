// RDV1..RDV4: appointments as the vendor would send them (INT_R03), given in a file, from later drafts of ANS's
// kit. Nothing is sent. Shown, without effect on the exit code.

import { asObject, objectsOf } from '../../shared/fhir/json.ts';
import { EXTENSION, PROFILE } from '../../shared/sas/canonical.ts';
import { judgeAppointment } from '../../shared/sas/rules/appointment/appointment.ts';
import { describeFinding, ruleOf } from '../../shared/sas/rules/table/table.ts';
import { firstValue } from '../bundle-view.ts';
import { defineRequirements, type Problem, passUnless, skip, type Verdict } from '../requirement.ts';
import type { Scene } from '../scene.ts';

const GROUP = 'Rendez-vous';
const ROWS = defineRequirements({
  RDV1: 'draft [profil FrAppointmentSAS] Chaque rendez-vous est conforme à son profil.',
  RDV2: 'draft [RDV] Le praticien est désigné par 8 et son RPPS.',
  RDV3: 'draft [RDV] La première extension est FrAppointmentOperator, avec l’identifiant du régulateur.',
  RDV4: 'draft [RDV] Un participant en attente (needs-action) va avec le statut pending.',
});

/** A text: why that appointment is not judged. */
type Check = (scene: Scene, appointment: unknown) => readonly Problem[] | string;

const CHECKS: Readonly<Record<keyof typeof ROWS, Check>> = {
  RDV1: (scene, appointment) => {
    const sos = objectsOf([asObject(appointment)?.meta]).some(
      ({ profile }) => String(profile) === PROFILE.appointmentSos,
    );
    return judgeAppointment(appointment, sos ? 'sos' : 'individual')
      .filter(({ rule }) => ruleOf(rule).severity === 'error')
      .map((finding) => {
        const text = `${describeFinding(finding)} [${finding.rule}]`;
        return { ...scene.problem(appointment, text, finding.expression), page: ruleOf(finding.rule).page };
      });
  },
  RDV2: (scene, appointment) => {
    const [participant] = objectsOf(asObject(appointment)?.participant);
    const identifier = asObject(participant?.actor)?.identifier;
    if (identifier === undefined) return 'aucun praticien n’est désigné par un identifiant';
    if (/^8\d{11}$/.test(firstValue([identifier]) ?? '')) return [];
    return [
      scene.problem(
        appointment,
        'L’identifiant du praticien n’est pas 8 et le RPPS.',
        'Appointment.participant[0].actor',
        '"value": "899900000019"',
      ),
    ];
  },
  RDV3: (scene, appointment) => {
    const [extension] = objectsOf(asObject(appointment)?.extension);
    if (extension?.url === EXTENSION.appointmentOperator) return [];
    return [
      scene.problem(
        appointment,
        'La première extension n’est pas FrAppointmentOperator.',
        'Appointment.extension',
        `"url": "${EXTENSION.appointmentOperator}"`,
      ),
    ];
  },
  RDV4: (scene, appointment) => {
    const object = asObject(appointment);
    const waiting = objectsOf(object?.participant).some(({ status }) => status === 'needs-action');
    if (!waiting) return 'aucun participant n’est en attente';
    if (object?.status === 'pending') return [];
    return [
      scene.problem(
        appointment,
        'needs-action sans statut pending.',
        'Appointment.status',
        '"status": "pending"',
      ),
    ];
  },
};

export function runAppointments(scene: Scene): void {
  const { appointments } = scene.inputs;
  for (const [id, check] of Object.entries(CHECKS)) {
    const requirement = ROWS[id as keyof typeof ROWS];
    if (appointments === undefined)
      scene.judge(GROUP, requirement, skip('Donner --appointments FICHIER (JSON).'));
    else scene.judge(GROUP, requirement, judgeAll(appointments.map((one) => check(scene, one))));
  }
}

function judgeAll(results: readonly (readonly Problem[] | string)[]): Verdict {
  if (results.length === 0) return passUnless('le fichier ne contient aucun rendez-vous');
  const judged = results.filter((result) => typeof result !== 'string');
  return judged.length > 0
    ? passUnless(judged.flat())
    : passUnless(results.find((one) => typeof one === 'string') ?? '');
}
