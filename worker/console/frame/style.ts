// The console's one style sheet. Colours are roles (text, line, down …), so that dark, forced colours and print are a few lines;
// fonts are the system's. Calm and dense: a table is the page, a colour never says anything alone.

/** CSS. */
export const STYLE = `:root {
  color-scheme: light dark;
  --text: #1b1b1f; --muted: #55555f; --line: #d7d7de; --back: #fff; --raised: #f5f5f8; --link: #1d3fa8;
  --down: #a3140c; --down-back: #fdecea; --doubt: #7a4b00; --doubt-back: #fdf3e0; --well: #14613a; --well-back: #e7f5ec;
  --unknown: #4a4a55; --unknown-back: #ededf2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #ececf1; --muted: #b3b3bf; --line: #3d3d48; --back: #16161a; --raised: #1f1f25; --link: #a9bdff;
    --down: #ff9d94; --down-back: #3c1a17; --doubt: #f3c26b; --doubt-back: #382a10; --well: #7fd6a3; --well-back: #13301f;
    --unknown: #c3c3cf; --unknown-back: #2b2b33;
  }
}
* { box-sizing: border-box; }
html { font: 1rem/1.45 system-ui, sans-serif; }
body { margin: 0; background: var(--back); color: var(--text); overflow-wrap: break-word; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { position: static; display: inline-block; padding: .5rem 1rem; }
.top { border-bottom: 1px solid var(--line); background: var(--raised); }
.top > div, main, .foot { max-width: 84rem; margin: 0 auto; padding-inline: 1rem; }
.bar { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: center; padding-block: .5rem; font-size: .9375rem; }
.bar .name { font-weight: 700; }
.bar .env { padding: .05rem .5rem; border: 1px solid currentColor; border-radius: .25rem; }
.bar .push { margin-left: auto; }
.bar form { display: flex; flex-wrap: wrap; align-items: center; gap: .375rem .5rem; margin: 0; min-width: 0; }
.bar input { flex: 1 1 10rem; min-width: 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin: 0; padding: 0; list-style: none; }
nav a { display: block; padding: .375rem 0; border-bottom: 3px solid transparent; text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav a[aria-current] { border-color: currentColor; font-weight: 600; }
main { padding-block: 1.25rem 2rem; }
h1 { font-size: 1.375rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.0625rem; line-height: 1.3; margin: 1.75rem 0 .5rem; }
p { margin: 0 0 .75rem; max-width: 70ch; }
ul, dl { margin: 0 0 .75rem; }
.say { font-size: 1.1875rem; line-height: 1.4; padding: .75rem 1rem; border-left: .375rem solid var(--unknown); background: var(--unknown-back); max-width: none; }
.say.down, .note.down { border-color: var(--down); background: var(--down-back); }
.say.doubt, .note.doubt { border-color: var(--doubt); background: var(--doubt-back); }
.say.well, .note.well { border-color: var(--well); background: var(--well-back); }
.note { padding: .5rem .75rem; border-left: .25rem solid var(--unknown); background: var(--unknown-back); max-width: none; }
.muted { color: var(--muted); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); gap: .75rem; margin: 0 0 .75rem; padding: 0; list-style: none; }
.tiles li { border: 1px solid var(--line); border-radius: .375rem; padding: .625rem .75rem; }
.tiles h3 { margin: 0 0 .125rem; font-size: .875rem; font-weight: 600; color: var(--muted); }
.tiles p { margin: 0; }
.tiles .big { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .5rem; font-size: 1.1875rem; font-weight: 600; }
.tiles .big .state { font-size: .875rem; }
.scroll { overflow-x: auto; margin: 0 0 .75rem; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; font-variant-numeric: tabular-nums; }
caption { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }
th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--muted); font-size: .8125rem; font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
.number { text-align: right; }
.state { display: inline-block; padding: .0625rem .5rem; border-radius: .25rem; border: 1px solid currentColor; color: var(--unknown); background: var(--unknown-back); font-weight: 600; white-space: nowrap; }
.state::before { content: '? '; }
.state.down { color: var(--down); background: var(--down-back); }
.state.down::before { content: '✕ '; }
.state.doubt { color: var(--doubt); background: var(--doubt-back); }
.state.doubt::before { content: '! '; }
.state.well { color: var(--well); background: var(--well-back); }
.state.well::before { content: '✓ '; }
.state.off::before { content: '– '; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dl.facts dt { color: var(--muted); }
dl.facts dd { margin: 0; min-width: 0; }
form.act { border: 1px solid var(--line); border-radius: .375rem; padding: .75rem; margin: 0 0 1rem; max-width: 44rem; }
form.act > p:last-child { margin: 0; }
label { display: block; font-weight: 600; margin: 0 0 .125rem; }
label.check { font-weight: 400; display: flex; gap: .5rem; align-items: baseline; }
.hint { color: var(--muted); font-size: .875rem; font-weight: 400; }
input, select, button { font: inherit; color: inherit; }
input:not([type=checkbox]), select { background: var(--back); border: 1px solid var(--muted); border-radius: .25rem; padding: .3125rem .5rem; max-width: 100%; }
.wide { width: 100%; }
button { background: var(--back); border: 2px solid var(--link); color: var(--link); border-radius: .25rem; padding: .3125rem .875rem; font-weight: 600; cursor: pointer; }
button.plain { border-width: 1px; font-weight: 400; }
button.grave { border-color: var(--down); color: var(--down); }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
svg.bar-of-call { display: block; background: var(--raised); }
.bar-of-call .queue { fill: var(--muted); }
.bar-of-call .connection { fill: var(--doubt); }
.bar-of-call .firstByte { fill: var(--link); }
.bar-of-call .body { fill: var(--well); }
.bar-of-call .reading, .bar-of-call .whole { fill: var(--unknown); }
.bar-of-call .promise { stroke: var(--down); stroke-width: 2; }
.foot { padding-block: 1rem 2rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .875rem; }
::placeholder { color: var(--muted); opacity: 1; }
.alone form { margin: 0 0 2rem; }
.alone { max-width: 40rem; margin: 0 auto; padding: 2.5rem 1rem; }
@media (max-width: 40rem) {
  .bar .push { margin-left: 0; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { margin-bottom: .5rem; }
  table.cards thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }
  table.cards, table.cards tbody, table.cards tr, table.cards th, table.cards td { display: block; }
  table.cards tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  table.cards th, table.cards td { border: 0; padding: .125rem 0; text-align: left; }
  table.cards td[data-name]::before { content: attr(data-name) ' : '; color: var(--muted); }
  table.cards td:empty { display: none; }
}
@media (forced-colors: active) { .say, .note { border-left-color: CanvasText; } nav a[aria-current] { border-color: CanvasText; } }
@media (prefers-reduced-motion: reduce) { * { scroll-behavior: auto; } }
@media print {
  .top nav, .bar form, .skip, form.act, button { display: none; }
  body { color: #000; background: #fff; }
  .scroll { overflow: visible; }
  a { color: inherit; }
}
`;
