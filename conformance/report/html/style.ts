// The page's style. System fonts, one column on a phone, two where there is room; colours hold 4.5:1 on their
// background in both schemes and never speak alone: each status is also a word. Printed: what is open, that is what is to be
// corrected.

export const STYLE = `
:root{--ink:#1b1f2a;--soft:#555d6e;--line:#d9dde5;--paper:#fff;--back:#f5f6f9;--blue:#0a4ea8;
--bad:#b3151f;--badb:#fdecec;--warn:#8a4b00;--warnb:#fff3df;--good:#0f6b3a;--goodb:#e6f5ec;--gray:#555d6e;--grayb:#eceef3;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaf0;--soft:#a9b1c2;--line:#343a48;--paper:#1a1e27;--back:#12151c;--blue:#8dbbff;
--bad:#ff9a9a;--badb:#3c1b1e;--warn:#ffc47a;--warnb:#3a2a12;--good:#86dba7;--goodb:#143223;--gray:#b3bac9;--grayb:#2a2f3b}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--back);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
header,main,footer{max-width:64rem;margin:0 auto;padding:1rem}
header{padding-top:2rem}
.over{margin:0;color:var(--soft);font-size:.9rem}
h1{margin:.1rem 0 .6rem;font-size:2rem;line-height:1.15}
h2{margin:0 0 .6rem;font-size:1.3rem;line-height:1.25}
h3{margin:1.6rem 0 .5rem;font-size:1.05rem}
h3 small{color:var(--soft);font-weight:400;margin-left:.4rem}
h4{margin:1rem 0 .4rem;font-size:.9rem;color:var(--soft)}
a{color:var(--blue);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--blue);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem;z-index:1}
.facts{display:flex;flex-wrap:wrap;gap:.3rem 2rem;margin:0}
.facts dt{font-size:.8rem;color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
code,pre{font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
main>section{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:1.1rem 1.2rem;margin:0 0 1rem}
main>section#exigences{background:none;border:0;padding:0}
.verdict{border-left:6px solid var(--good)!important}.verdict.bad{border-left-color:var(--bad)!important}
.counts{display:flex;flex-wrap:wrap;gap:.5rem;list-style:none;margin:0;padding:0}
.counts li{padding:.25rem .75rem;border-radius:99px}.counts b{font-size:1.15rem}
.failed{--c:var(--bad);--b:var(--badb)}.warning{--c:var(--warn);--b:var(--warnb)}.passed{--c:var(--good);--b:var(--goodb)}
.skipped,.declared{--c:var(--gray);--b:var(--grayb)}
.counts li,.tag{color:var(--c);background:var(--b)}
.tag{display:inline-block;border-radius:4px;padding:0 .45rem;font-size:.8rem;font-weight:600;white-space:nowrap}
.tofix{margin:0;padding:0;list-style:none}
.tofix li{padding:.55rem 0;border-top:1px solid var(--line)}.tofix li:first-child{border-top:0;padding-top:0}
.tofix .line{margin:0}.tofix a{font-weight:700}
.tofix p:not(.line){margin:.15rem 0 0;color:var(--soft);font-size:.92rem;overflow-wrap:anywhere}
.changes div{display:flex;flex-wrap:wrap;gap:.3rem 1rem;margin:.3rem 0}.changes dt{min-width:11rem}.changes dd{margin:0;display:flex;flex-wrap:wrap;gap:.1rem .6rem}
table{border-collapse:collapse;width:100%;margin:.6rem 0}caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .5rem .35rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
th{font-size:.8rem;color:var(--soft);font-weight:400}.n{font-variant-numeric:tabular-nums}
.req{background:var(--paper);border:1px solid var(--line);border-left:4px solid var(--c);border-radius:6px;margin:.4rem 0}
.req>summary{display:grid;grid-template-columns:6.2rem 4.6rem 1fr auto;gap:.5rem;align-items:baseline;padding:.5rem .8rem;cursor:pointer;list-style:none}
.req>summary::-webkit-details-marker{display:none}
.req>summary::after{content:"▸";color:var(--soft)}.req[open]>summary::after{content:"▾"}
.req>summary .tag{justify-self:start}
.req .id{font-weight:700;overflow-wrap:anywhere}
.body:target,.exchange .pair:target{scroll-margin-top:3.5rem}
.req:has(:target){outline:3px solid var(--blue);outline-offset:2px}
.body{padding:0 .8rem .8rem}
.meta,.where{margin:0 0 .4rem;color:var(--soft);font-size:.88rem;overflow-wrap:anywhere}
.note{margin:.2rem 0}
.problem{border-top:1px solid var(--line);padding:.7rem 0 .2rem}
.what{margin:0 0 .2rem;font-weight:600;overflow-wrap:anywhere}
.pair{display:grid;gap:.6rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr))}
figure{margin:0;min-width:0}figcaption{font-size:.8rem;color:var(--soft)}
pre{margin:.15rem 0 0;padding:.6rem .7rem;background:var(--back);border:1px solid var(--line);border-left:3px solid var(--gray);border-radius:4px;overflow:auto;max-height:24rem;white-space:pre-wrap;overflow-wrap:anywhere}
.problem figure:first-child:not(.right) pre{border-left-color:var(--bad)}.right pre{border-left-color:var(--good)!important}
.links{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.1rem 1.2rem;font-size:.9rem;color:var(--soft)}
.exchange{margin:.3rem 0}.exchange summary{cursor:pointer;font-size:.9rem}
.exchange .pair{padding:.4rem 0 .6rem}
footer{color:var(--soft);font-size:.88rem;padding-bottom:3rem}
@media (max-width:40rem){.req>summary{grid-template-columns:auto 1fr auto}.req .title{grid-column:1/-1;grid-row:2}h1{font-size:1.6rem}.changes dt{min-width:100%}}
.unjudged,.with{margin:0}.unjudged>div,.with>div{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.2rem 1rem;padding:.3rem 0;border-top:1px solid var(--line)}
.unjudged>div:first-child,.with>div:first-child{border-top:0}.unjudged dt,.with dt{color:var(--soft);font-size:.88rem}.unjudged dd,.with dd{margin:0;overflow-wrap:anywhere}
.asked code{display:block}.asked{margin:.2rem 0;font-size:.88rem;overflow-wrap:anywhere}.printed{display:none}
@media (max-width:40rem){.unjudged>div,.with>div{grid-template-columns:1fr}}
@page{size:A4;margin:13mm 13mm 15mm;@bottom-right{content:counter(page) " / " counter(pages);font:7.5pt sans-serif;color:#555d6e}}
@media print{:root{color-scheme:light;--ink:#1b1f2a;--soft:#555d6e;--line:#d9dde5;--paper:#fff;--back:#f5f6f9;--blue:#0a4ea8;
--bad:#b3151f;--badb:#fdecec;--warn:#8a4b00;--warnb:#fff3df;--good:#0f6b3a;--goodb:#e6f5ec;--gray:#555d6e;--grayb:#eceef3}
html{font-size:8.8pt}body{background:#fff;font-size:8.8pt;line-height:1.35;-webkit-print-color-adjust:exact;print-color-adjust:exact}
header,main,footer{max-width:none;padding:0}header{margin-bottom:3mm}main>section{border:0;border-radius:0;padding:0;margin:0 0 4mm}main>section.verdict{padding-left:3mm}
h1{font-size:16pt;margin:0 0 1mm}h2{font-size:11pt;margin:0 0 1.5mm}h3{font-size:9.5pt;margin:3mm 0 1mm}h4{margin:1mm 0 .5mm}h2,h3,h4,.what,.where,caption,figcaption,thead{break-after:avoid}
.unjudged>div,.with>div,.tofix li{padding:.6mm 0;break-inside:avoid}.unjudged>div,.with>div{grid-template-columns:42mm 1fr}tr,.asked,.req:not([open]){break-inside:avoid}
.tofix p:not(.line){display:inline;font-size:8pt}.tofix .line{display:inline}
.req{border:0;border-bottom:1px solid var(--line);border-left:2pt solid var(--c);border-radius:0;margin:0}
.req>summary{grid-template-columns:18mm 20mm 1fr;gap:2mm;padding:.45mm 2mm}.req .id{white-space:nowrap}.tag{font-size:7.5pt}.req .title{grid-column:auto;grid-row:auto}
.body{padding:0 2mm 1.5mm}.problem{padding:1mm 0 0}.problem~.problem~.problem,.asked~.asked,.req.again .body{display:none}.req.again .title::after{content:" (mêmes constats qu’en INT_R01)";color:var(--soft)}.printed{display:block;margin:1mm 0 0;color:var(--soft)}
code,pre{font-size:7pt;line-height:1.25}pre{max-height:none;overflow:visible;padding:1mm 1.5mm}.pair{grid-template-columns:1fr 1fr;gap:2mm}
.exchange,.log,.links,.skip,.req>summary::after{display:none}a{color:inherit;text-decoration:none}footer{padding:2mm 0 0}}
`;
