internal import Charts

/// The style sheet of pages: like a book, on paper of any width, in light and in dark.
enum ReportStyle {
  /// The whole sheet.
  static let sheet = colours + text + frame + cells + tables + colophon + narrow + print + ChartStyle.pageSheet

  private static let colours = """
    :root{color-scheme:light dark;--paper:#fffefb;--ink:#23211d;--quiet:#6b665c;--rule:#e3ddd0;--accent:#9c2f1f;\
    --panel:#f7f4ec;--shade:#0000001f;
    --ran:#228833;--cached:#8c8678;--failed:#b3261e;--c:#78715f;--s:#3b6e22;--n:#8a4b08;--k:#8b2252;--t:#2a5d8f;\
    --measure:68ch;
    --serif:"Iowan Old Style","Palatino Nova",Palatino,"Palatino Linotype","URW Palladio L",P052,"Noto Serif",\
    Georgia,serif;
    --sans:system-ui,-apple-system,"Segoe UI","Noto Sans",sans-serif;
    --mono:ui-monospace,"SF Mono",Menlo,"Cascadia Mono",Consolas,"DejaVu Sans Mono",monospace}
    @media(prefers-color-scheme:dark){:root{--paper:#1b1916;--ink:#ddd8cc;--quiet:#a39d90;--rule:#3a362f;\
    --accent:#e8836b;--panel:#24211c;--shade:#00000080;
    --ran:#5fbf6d;--cached:#8c8678;--failed:#ff8a7a;--c:#9a9382;--s:#a3c585;--n:#e0a566;--k:#e293b8;--t:#8fbbe6;\
    \(ChartStyle.darkVariables)}}

    """

  private static let text = """
    *{box-sizing:border-box}
    html{font-size:112.5%;scroll-padding-top:1rem;-webkit-text-size-adjust:100%;text-size-adjust:100%}
    body{margin:0;background:var(--paper);color:var(--ink);font-family:var(--serif);line-height:1.6;\
    overflow-wrap:break-word;
    font-feature-settings:"kern","liga","onum";hanging-punctuation:first}
    a{color:inherit;text-decoration:underline;\
    text-decoration-color:color-mix(in srgb,var(--accent) 55%,transparent);
    text-decoration-thickness:.07em;text-underline-offset:.18em}
    a:hover{color:var(--accent)}
    :focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
    p,ul,ol,blockquote,dl,pre,figure{margin:0 0 1em}
    ul,ol{padding-inline-start:1.4em}
    li>p{margin-bottom:.4em}
    blockquote{margin-inline:1.4em;color:var(--quiet);font-style:italic}
    hr{border:0;border-top:1px solid var(--rule);width:30%;margin:2.2em auto}
    h2,h3,h4,h5,h6{line-height:1.25;font-weight:600;margin:2em 0 .6em;text-wrap:balance}
    h2{font-size:1.5rem}h3{font-size:1.18rem}h4,h5,h6{font-size:1rem;font-style:italic}
    h2+*,h3+*{margin-top:0}
    .here{opacity:0;text-decoration:none;color:var(--accent);font-weight:400}
    :is(h2,h3,h4,h5,h6):hover .here,.here:focus{opacity:1}
    code,pre{font-family:var(--mono);font-feature-settings:normal;font-size:.8em}
    :not(pre)>code{overflow-wrap:anywhere}
    pre{overflow-x:auto;line-height:1.5;padding:.75rem .9rem;background:var(--panel);border-radius:4px;\
    max-width:100%;tab-size:4}
    pre code{font-size:inherit}
    img,svg{max-width:100%;height:auto}
    .quiet,.skipped{color:var(--quiet);font-size:.88rem}
    .value{text-decoration:underline dotted var(--accent);text-decoration-thickness:.09em;\
    text-underline-offset:.22em;cursor:help;
    font-feature-settings:"lnum"}
    .value.short{white-space:nowrap}
    .value.missing{color:var(--failed);font-style:italic}
    .absent{color:var(--quiet);border:1px dashed var(--rule);border-radius:3px;padding:.1em .5em;font-size:.88em}

    """

  private static let frame = """
    .sidebar{display:none}
    main{max-width:var(--measure);margin:0 auto;padding:3.5rem 1.25rem 5rem}
    .title{text-align:center;margin:0 0 3.2rem}
    .title h1{font-size:2.15rem;line-height:1.15;font-weight:600;letter-spacing:-.01em;margin:0 0 .5rem;\
    text-wrap:balance}
    .subtitle{font-size:1.15rem;font-style:italic;margin-bottom:.8rem}
    .authors{margin:0;font-variant-caps:small-caps;letter-spacing:.03em}
    .date{margin:0;color:var(--quiet);font-size:.9rem}
    .abstract{text-align:start;font-size:.93rem;margin:2rem auto 0;max-width:56ch;padding:1.1rem 0 .2rem;\
    border-block:1px solid var(--rule)}
    .status{text-align:start;font-family:var(--sans);font-size:.86rem;margin:1.6rem 0 0;padding:.7rem .9rem;
    border-inline-start:3px solid var(--failed);background:color-mix(in srgb,var(--failed) 8%,transparent)}
    details.contents{max-width:var(--measure);margin:0 auto;padding:.8rem 1.25rem 0;font-family:var(--sans);\
    font-size:.86rem}
    details.contents summary{cursor:pointer;color:var(--quiet)}
    nav ul{list-style:none;padding:0;margin:.4rem 0}
    nav li{margin:.28rem 0;line-height:1.35}
    nav a{text-decoration:none}
    nav .level-3{padding-inline-start:1em;color:var(--quiet)}
    @media(min-width:68rem){
    body{display:grid;grid-template-columns:minmax(13rem,1fr) minmax(0,auto) minmax(2rem,1fr)}
    details.contents{display:none}
    .sidebar{display:block;position:sticky;top:0;align-self:start;max-height:100vh;overflow-y:auto;\
    padding:3.9rem 1.2rem 2rem 1.6rem;
    font-family:var(--sans);font-size:.8rem;max-width:17rem;overscroll-behavior:contain}
    .sidebar .home{display:block;font-weight:600;margin-bottom:.9rem;line-height:1.3}
    main{width:calc(var(--measure) + 2.5rem);max-width:100%;margin:0}}
    @media(min-width:82rem){
    body{grid-template-columns:minmax(13rem,1fr) calc(var(--measure) + 2.5rem) minmax(14.5rem,1fr)}
    .cell{position:relative}
    .calls{position:absolute;left:calc(100% + 1.6rem);top:.35rem;width:12.5rem;flex-direction:column;\
    margin:0!important}}

    """

  private static let cells = """
    .cell{margin:1.4rem 0 1.8rem}
    blockquote .cell{color:var(--ink);font-style:normal}
    .cell:target>.code,.call:target{outline:2px solid color-mix(in srgb,var(--accent) 45%,transparent);\
    outline-offset:3px;border-radius:3px}
    .out>:last-child{margin-bottom:0}
    summary{cursor:pointer}
    .code{margin-bottom:.7rem}
    .code>summary{font-family:var(--sans);font-size:.72rem;color:var(--quiet);letter-spacing:.02em;\
    padding:.1rem 0;width:fit-content}
    .code pre{margin:.2rem 0 0;border-inline-start:2px solid var(--rule);border-radius:0 4px 4px 0}
    .code i{font-style:normal}.code .c{color:var(--c);font-style:italic}.code .s{color:var(--s)}\
    .code .n{color:var(--n)}
    .code .k{color:var(--k)}.code .t{color:var(--t)}.code .a{color:var(--n)}
    .calls{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;margin:0 0 .8rem;font-family:var(--sans);\
    font-size:.76rem;line-height:1.35}
    .call-note{text-decoration:none;border-inline-start:2px solid var(--cached);padding-inline-start:.5rem;\
    display:block;overflow-wrap:anywhere}
    .call-note.ran{border-color:var(--ran)}.call-note.failed{border-color:var(--failed)}
    .call-note b{font-weight:600}
    .call-note span{color:var(--quiet)}
    .printed{background:none;border:1px solid var(--rule);white-space:pre-wrap;overflow-wrap:anywhere}
    .shown{background:none;padding:0 0 0 .9rem;border-inline-start:2px solid var(--rule);border-radius:0;\
    white-space:pre-wrap;overflow-wrap:anywhere}
    figure.drawing{margin:1rem 0 1.2rem}
    figure.drawing>svg,figure.drawing>img{display:block;margin:0 auto}
    figcaption,.caption{font-size:.86rem;line-height:1.45;color:var(--quiet);margin:.6rem 0 .5rem;text-wrap:pretty}
    figcaption b,.caption b{color:var(--ink);font-weight:600}
    .pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.2rem,1fr));gap:.9rem .8rem;\
    margin:0 0 .6rem}
    .pictures figure{margin:0}
    .pictures img{width:100%;aspect-ratio:1;object-fit:contain;background:var(--panel);border-radius:3px;\
    display:block}
    .pictures figcaption{font-size:.76rem;margin:.3rem 0 0;overflow-wrap:anywhere}
    .failure{border-inline-start:3px solid var(--failed);\
    background:color-mix(in srgb,var(--failed) 7%,transparent);padding:.7rem .9rem;
    border-radius:0 4px 4px 0;margin:0 0 1em}
    .failure .where{font-family:var(--sans);font-size:.78rem;font-weight:600;color:var(--failed);margin:0 0 .35rem}
    .failure pre{background:none;padding:0;margin:0 0 .35rem}
    .failure .message{white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
    .skipped{font-style:italic;margin-bottom:.4rem}

    """

  private static let tables = """
    .scroll{overflow-x:auto;width:fit-content;max-width:100%;margin:0 0 .8rem;scrollbar-width:thin;background:
    linear-gradient(to right,var(--paper) 45%,transparent) left/2rem 100% local,linear-gradient(to left,\
    var(--paper) 45%,transparent) right/2rem 100% local,
    linear-gradient(to right,var(--shade),transparent) left/.7rem 100% scroll,linear-gradient(to left,\
    var(--shade),transparent) right/.7rem 100% scroll;
    background-repeat:no-repeat}
    table{border-collapse:collapse;font-family:var(--sans);font-size:.8rem;line-height:1.4;\
    font-variant-numeric:lining-nums tabular-nums;
    min-width:min(100%,18rem);border-block:1.5px solid var(--ink)}
    th{font-weight:600;text-align:start;vertical-align:bottom;border-bottom:1px solid var(--quiet)}
    th,td{padding:.28rem .9rem .28rem 0;max-width:28rem;overflow-wrap:break-word}
    td{vertical-align:top}td code{overflow-wrap:normal!important;white-space:nowrap}
    tbody tr+tr td{border-top:1px solid var(--rule)}
    th:last-child,td:last-child{padding-inline-end:0}
    .n{text-align:right;white-space:nowrap}
    .ci{color:var(--quiet);font-size:.92em}
    .table .caption{margin:0 0 .4rem}
    details.more{margin:-.2rem 0 1rem}
    details.more>summary{font-family:var(--sans);font-size:.8rem;color:var(--accent);margin-bottom:.5rem;\
    width:fit-content}

    """

  private static let colophon = """
    .colophon{margin-top:4.5rem;font-size:.9rem}
    .ornament{text-align:center;color:var(--accent);font-size:1.7rem;margin:0 0 .4rem;line-height:1}
    .colophon h2{text-align:center;font-variant-caps:small-caps;letter-spacing:.06em;font-weight:500;margin-top:0}
    .lede{text-align:center;max-width:52ch;margin-inline:auto;text-wrap:balance}
    .facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.25rem 1rem;font-family:var(--sans);\
    font-size:.8rem;
    line-height:1.45;margin:.7rem 0 1rem}
    .facts dt{color:var(--quiet);max-width:16rem;overflow-wrap:anywhere}.facts dd{margin:0;min-width:0;\
    overflow-wrap:anywhere}
    .facts .set{color:var(--quiet)}
    .facts .failed{color:var(--failed);white-space:pre-wrap}
    .digest{overflow-wrap:anywhere;font-size:.85em}
    .call{border-top:1px solid var(--rule);font-family:var(--sans);font-size:.84rem}
    .call:last-of-type{border-bottom:1px solid var(--rule)}
    .call>summary{display:flex;flex-wrap:wrap;gap:.1rem 1rem;align-items:baseline;padding:.42rem 0 .42rem .1rem;\
    list-style:none}
    .call>summary::-webkit-details-marker{display:none}
    .call>summary::before{content:"";flex:none;width:.55rem;height:.55rem;border-radius:50%;\
    background:var(--cached);align-self:center;margin-inline-end:-.45rem}
    .call.ran>summary::before{background:var(--ran)}
    .call.failed>summary::before{background:var(--failed)}
    .what{flex:1 1 14rem;min-width:0;overflow-wrap:anywhere}
    .artifact,.meta{color:var(--quiet);font-size:.92em}
    .artifact::before{content:"→ "}
    .meta{display:flex;flex-wrap:wrap;gap:.1rem .9rem;align-items:baseline;font-variant-numeric:tabular-nums}
    .call[open]>summary{font-weight:inherit;border-bottom:1px dotted var(--rule)}
    .call>:not(summary){padding-inline-start:1.1rem}
    .inputs{font-size:.92em;border-block-width:1px;border-color:var(--rule)}
    .stages figcaption{text-align:center}
    .commands dt{color:var(--quiet);font-size:.84rem;font-family:var(--sans)}
    .commands dd{margin:.2rem 0 .8rem}
    .commands pre{margin:0}

    """

  private static let narrow = """
    @media(max-width:40rem){html{font-size:106%}
    main{padding:1.8rem 1rem 3rem}.title h1{font-size:1.65rem}.title{margin-bottom:2.2rem}h2{font-size:1.3rem}
    .pictures{grid-template-columns:repeat(auto-fill,minmax(5.6rem,1fr))}
    .facts{grid-template-columns:minmax(0,1fr);gap:0}.facts dd{margin-bottom:.5rem}
    blockquote{margin-inline:.6em}pre{padding:.6rem .7rem}}

    """

  private static let print = """
    @media print{html{font-size:10pt}body{display:block;background:none}\
    .sidebar,details.contents,.here,.code>summary{display:none}
    main{max-width:none;width:auto;padding:0}.calls{position:static;width:auto;flex-direction:row;\
    margin:0 0 .5rem!important}
    .scroll,pre{overflow:visible}pre{white-space:pre-wrap}figure,tr,.failure{break-inside:avoid}\
    h2,h3,h4{break-after:avoid}
    .colophon{break-before:page}a{text-decoration:none}}

    """
}
