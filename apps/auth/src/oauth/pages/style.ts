import { hash } from 'node:crypto';

/** All of it: pages load nothing. Contrast is at least 4.5 : 1 for text and 3 : 1 for borders of controls, light and dark. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#f4f5f7;--sheet:#fff;--ink:#16181d;--soft:#545b69;--line:#d9dce3;--edge:#7b8394;
--accent:#2742c9;--accent-ink:#fff;--accent-strong:#1b309c;--tint:#eef1fd;--bad:#a8192a;--bad-tint:#fdeef0;--shadow:0 1px 2px rgb(16 20 40/.06),0 12px 32px rgb(16 20 40/.08)}
@media(prefers-color-scheme:dark){:root{--ground:#0e1014;--sheet:#181b21;--ink:#eceef3;--soft:#a4abb9;--line:#2c313b;--edge:#79818f;
--accent:#9bb0ff;--accent-ink:#0c1024;--accent-strong:#bccaff;--tint:#1f2640;--bad:#ff9ba6;--bad-tint:#3a1a20;--shadow:0 1px 2px rgb(0 0 0/.4),0 12px 32px rgb(0 0 0/.35)}}
*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;display:grid;grid-template-rows:1fr auto;background:var(--ground);color:var(--ink)}
main{width:100%;max-width:27rem;margin:auto;padding:2.5rem 1rem 1.5rem}
.brand{display:flex;align-items:center;gap:.625rem;justify-content:center;margin:0 0 1.5rem;font-weight:650;font-size:1.0625rem;letter-spacing:-.01em}
.brand svg{width:1.75rem;height:1.75rem;color:var(--accent)}
.sheet{background:var(--sheet);border:1px solid var(--line);border-radius:1rem;box-shadow:var(--shadow);padding:2rem}
h1{font-size:1.375rem;line-height:1.25;letter-spacing:-.015em;margin:0 0 .375rem;font-weight:650;text-wrap:balance}
p{margin:0 0 1rem}
.lead{color:var(--soft);margin-bottom:1.5rem;overflow-wrap:anywhere}
.lead strong{color:var(--ink);font-weight:600}
label{display:block;font-weight:600;font-size:.9375rem;margin:0 0 .375rem}
input{width:100%;font:inherit;color:inherit;background:var(--sheet);border:1px solid var(--edge);border-radius:.5rem;padding:.625rem .75rem;margin:0 0 1.125rem}
input[aria-invalid=true]{border-color:var(--bad)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
button{width:100%;font:inherit;font-weight:600;border-radius:.5rem;padding:.6875rem 1rem;cursor:pointer;border:1px solid transparent}
.primary{background:var(--accent);color:var(--accent-ink)}
.primary:hover{background:var(--accent-strong)}
.plain{background:transparent;color:var(--ink);border-color:var(--edge)}
.plain:hover{background:var(--tint)}
.row{display:flex;gap:.75rem;margin-top:1.5rem}
.row form{flex:1}
.cancel{margin-top:.75rem}
.notice{border:1px solid var(--bad);background:var(--bad-tint);color:var(--bad);border-radius:.5rem;padding:.75rem .875rem;margin:0 0 1.25rem;font-size:.9375rem}
.who{display:flex;align-items:center;gap:.75rem;border:1px solid var(--line);border-radius:.625rem;padding:.75rem .875rem;margin:0 0 1.25rem;min-width:0}
.who div{min-width:0}
.who strong,.who div span{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.who div span{color:var(--soft);font-size:.875rem}
.face{flex:none;width:2.25rem;height:2.25rem;border-radius:50%;display:grid;place-items:center;background:var(--tint);color:var(--accent);font-weight:650}
h2{font-size:.9375rem;margin:0 0 .5rem;font-weight:600}
ul{list-style:none;margin:0 0 1.25rem;padding:0;border:1px solid var(--line);border-radius:.625rem}
li{padding:.75rem .875rem;overflow-wrap:anywhere}
li+li{border-top:1px solid var(--line)}
li span{display:block}
code{font:.8125rem/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--soft)}
.fine{color:var(--soft);font-size:.875rem;margin:0 0 .5rem;overflow-wrap:anywhere}
footer{text-align:center;color:var(--soft);font-size:.8125rem;padding:1rem 1rem 2rem;overflow-wrap:anywhere}
@media(max-width:26rem){.sheet{padding:1.5rem 1.25rem}.row{flex-direction:column}}
@media(forced-colors:active){.primary{border-color:ButtonText}}
`;
/** For the Content-Security-Policy: this style and no other. */
export const STYLE_HASH = `sha256-${hash('sha256', STYLE, 'base64')}`;
