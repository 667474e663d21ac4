// The style of /docs. Colours keep a contrast of 4.5 at least in light and dark; nothing is told by colour alone.

/** CSS of the page. */
export const DOCS_STYLE = `:root {
  color-scheme: light dark;
  --text: #161616; --muted: #52525b; --line: #d4d4d8; --back: #fff; --soft: #f4f4f8; --link: #000091;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #ececf1; --muted: #b4b4bf; --line: #44444f; --back: #17171c; --soft: #22222a; --link: #a3a3ff; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--back); padding: .5rem; }
header, .layout { max-width: 78rem; margin: 0 auto; padding: 2rem 1.25rem 0; }
.layout { padding-bottom: 4rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.5rem; margin: 3.5rem 0 1rem; padding-top: 1rem; border-top: 2px solid var(--text); }
main section:first-child h2 { margin-top: 0; }
h3 { font-size: 1.125rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h4 { font-size: .9375rem; margin: 1.25rem 0 .375rem; }
p { margin: 0 0 .75rem; max-width: 46rem; overflow-wrap: anywhere; }
code, pre { font: .875rem/1.5 ui-monospace, monospace; }
code { overflow-wrap: anywhere; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .25rem; margin: .25rem 0 .75rem; padding: .75rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.muted { color: var(--muted); }
.operation { margin: 0 0 1.25rem; padding: 1.25rem; border: 1px solid var(--line); border-radius: .375rem; }
.route { display: block; margin-bottom: .25rem; font-weight: 600; }
.method { display: inline-block; min-width: 4.25rem; margin-right: .5rem; padding: .05rem .4rem; border: 1px solid currentColor; border-radius: .25rem; text-align: center; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; margin: .25rem 0 .75rem; }
th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--muted); font-weight: 600; }
.scroll { overflow-x: auto; }
summary { cursor: pointer; padding: .25rem 0; overflow-wrap: anywhere; }
details { margin: .25rem 0; }
.fields { list-style: none; margin: .25rem 0 .5rem; padding: 0 0 0 .875rem; border-left: 2px solid var(--line); }
.fields li { margin: .25rem 0; overflow-wrap: anywhere; }
nav { margin-bottom: 2.5rem; }
.wide { display: none; }
.narrow { margin-bottom: 1.5rem; padding: .5rem 1rem; border: 1px solid var(--line); border-radius: .375rem; }
.narrow summary { font-weight: 600; }
.narrow details p { margin-top: .75rem; }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; }
nav li { margin: .25rem 0; font-size: .875rem; overflow-wrap: anywhere; }
nav p { margin: 0; font-weight: 600; }
@media (min-width: 62rem) {
  .layout { display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: 3rem; }
  .narrow { display: none; }
  .wide { display: block; position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow-y: auto; }
}
@media print {
  .narrow, .wide, .skip { display: none; }
  .layout { display: block; }
  h2, h3, h4, summary { break-after: avoid; }
  pre, tr { break-inside: avoid; }
}
`;
