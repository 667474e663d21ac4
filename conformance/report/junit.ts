// report.xml for continuous integration: a suite per group, a case per requirement. Only what fails the run is a
// failure; warnings and drafts are written as output of a passing case.

import type { Report, ReportRequirement } from './model.ts';

/** Requests shown of a case. */
const EXCHANGES_MAX = 2;

export function writeJunit(report: Report): string {
  const groups = Map.groupBy(report.requirements, ({ group }) => group);
  const suites = [...groups].map(([group, requirements], rank) =>
    writeSuite(group, requirements, report, rank === 0 ? writeProperties(report) : ''),
  );
  const { failed, skipped } = report.counts;
  const head = `tests="${report.requirements.length}" failures="${failed}" skipped="${skipped}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escapeXml(`conformité ${report.editor.id}`)}" ${head}>\n${suites.join('')}</testsuites>\n`;
}

/** Readers of JUnit files know properties of a suite, not of a file: the first suite carries them. */
function writeProperties({ editor, provenance }: Report): string {
  const { tool, guide, kit, rules, certificate, command } = provenance;
  const properties = Object.entries({
    editor: editor.id,
    baseUrl: editor.baseUrl,
    tool: `${tool.name} ${tool.version}`,
    runtime: `Node ${tool.node}, OpenSSL ${tool.openssl}`,
    guide: `${guide.package} ${guide.version}`,
    kit: `${kit.name} ${kit.version}`,
    rules: `${rules.count} ${rules.sha256}`,
    'certificate.subject': certificate.subject,
    'certificate.issuer': certificate.issuer,
    'certificate.serialNumber': certificate.serialNumber,
    'certificate.notBefore': certificate.notBefore,
    'certificate.notAfter': certificate.notAfter,
    'certificate.sha256': certificate.sha256,
    ...(command !== undefined && { command }),
  });
  const rows = properties.map(
    ([name, value]) => `      <property name="${name}" value="${escapeXml(value)}"/>\n`,
  );
  return `    <properties>\n${rows.join('')}    </properties>\n`;
}

function writeSuite(
  group: string,
  requirements: readonly ReportRequirement[],
  report: Report,
  properties: string,
): string {
  const { madeAt } = report;
  const count = (status: string): number => requirements.filter((one) => one.status === status).length;
  const head = `name="${escapeXml(group)}" tests="${requirements.length}" failures="${count('failed')}" errors="0" skipped="${count('skipped')}" timestamp="${escapeXml(madeAt.slice(0, 19))}"`;
  return `  <testsuite ${head}>\n${properties}${requirements.map((one) => writeCase(one, report)).join('')}  </testsuite>\n`;
}

function writeCase(requirement: ReportRequirement, report: Report): string {
  const { id, group, title, status, note = '' } = requirement;
  const head = `    <testcase classname="${escapeXml(group)}" name="${escapeXml(`${id} ${title}`)}"`;
  const details = escapeXml(
    [...describeProblems(requirement), ...describeSource(requirement, report)].join('\n\n'),
  );
  switch (status) {
    case 'failed':
      return `${head}>\n      <failure message="${escapeXml(requirement.problems[0]?.text ?? title)}">${details}</failure>\n    </testcase>\n`;
    case 'skipped':
      return `${head}>\n      <skipped message="${escapeXml(note)}"/>\n    </testcase>\n`;
    case 'warning':
      return `${head}>\n      <system-out>${details}</system-out>\n    </testcase>\n`;
    default:
      return `${head}/>\n`;
  }
}

function describeProblems({ problems }: ReportRequirement): readonly string[] {
  return problems.map(({ text, expression, fragment, example, page }) =>
    [
      text,
      expression,
      page && `Règle : ${page.title}`,
      fragment && `Reçu :\n${fragment}`,
      example && `Attendu :\n${example}`,
    ]
      .filter((line) => line !== undefined && line !== '')
      .join('\n'),
  );
}

/** The requirement's page, and the requests on which it was judged. */
function describeSource({ page, exchanges }: ReportRequirement, report: Report): readonly string[] {
  const made = report.exchanges.filter(({ id }) => exchanges.includes(id)).slice(0, EXCHANGES_MAX);
  return [
    `Page : ${page.title}${page.url === undefined ? '' : ` ${page.url}`}`,
    ...made.map(({ method, url, end }) => `Requête : ${method} ${url}\nRéponse : ${end}`),
  ];
}

/** Characters that XML 1.0 cannot hold, even escaped, become the replacement sign. */
function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what XML 1.0 refuses
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
