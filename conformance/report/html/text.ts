// What the pages of a report share: ids of elements, dates as people read them.

/** Id of a requirement's element in the page. */
export function anchor(id: string): string {
  return `r-${id.replace(/[^A-Za-z0-9]/g, '-')}`;
}

export function formatDate(iso: string): string {
  const format = new Intl.DateTimeFormat('fr-FR', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'Europe/Paris',
  });
  return format.format(new Date(iso));
}
