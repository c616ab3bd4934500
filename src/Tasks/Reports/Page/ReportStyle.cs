namespace Graft.Tasks;

/// <summary>The page's style: colours are variables, light by default and dark where the reader's system is.</summary>
internal static class ReportStyle
{
    /// <summary>How many colours series have.</summary>
    public const int Colours = 6;

    public const string Css = """
        :root { color-scheme: light dark; --paper: #fbfaf7; --card: #ffffff; --ink: #1c1f23; --muted: #5b626b; --line: #e3e0d8; --grid: #ebe8e1; --accent: #0f6b5c; --on-accent: #ffffff;
          --good: #0f6b5c; --bad: #a8322a; --calm: #5b626b; --mark: #f2c14e;
          --s0: #7b828c; --s1: #b7791f; --s2: #0f6b5c; --s3: #a23b6b; --s4: #3457a6; --s5: #6b4e9b; }
        @media (prefers-color-scheme: dark) { :root {
          --paper: #14171a; --card: #1b1f23; --ink: #e8e6e1; --muted: #a2a8b0; --line: #2d3238; --grid: #272c31; --accent: #4fc3ad; --on-accent: #0c1512;
          --good: #4fc3ad; --bad: #f08a80; --calm: #a2a8b0; --mark: #b98a1d;
          --s0: #9aa1ab; --s1: #e0a84a; --s2: #4fc3ad; --s3: #e38bb4; --s4: #8ea9e8; --s5: #b59ae0; } }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; overflow-wrap: break-word; }
        main, header, footer { max-width: 1080px; margin: 0 auto; padding: 0 20px; }
        header { padding-top: 56px; padding-bottom: 12px; }
        .kicker { color: var(--muted); font-size: 14px; letter-spacing: .02em; margin: 0 0 14px; }
        h1 { font: 600 clamp(29px, 5.2vw, 50px)/1.12 ui-serif, Georgia, "Times New Roman", serif; letter-spacing: -.012em; margin: 0 0 18px; max-width: 21em; text-wrap: balance; }
        h1.good { color: var(--good); } h1.bad { color: var(--bad); } h1.calm { color: var(--ink); }
        h2 { font: 600 23px/1.25 ui-serif, Georgia, "Times New Roman", serif; margin: 0 0 6px; }
        h3 { font-size: 15px; font-weight: 600; margin: 0 0 10px; }
        .lead { font-size: 18px; line-height: 1.55; max-width: 44em; margin: 0; }
        section { padding: 34px 0 0; }
        section > p { color: var(--muted); margin: 0 0 18px; max-width: 46em; }
        .facts { display: flex; flex-wrap: wrap; gap: 6px 26px; margin: 22px 0 0; padding: 0; color: var(--muted); font-size: 14px; }
        .facts div { display: flex; gap: 7px; } .facts dt { margin: 0; } .facts dd { margin: 0; color: var(--ink); font-variant-numeric: tabular-nums; }
        .cards { display: grid; grid-template-columns: minmax(0, 1fr); gap: 18px; align-items: start; }
        @media (min-width: 860px) { .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 18px 14px; min-width: 0; }
        .scroll { overflow-x: auto; -webkit-overflow-scrolling: touch; }
        table { border-collapse: collapse; width: 100%; font-size: 15px; font-variant-numeric: tabular-nums; }
        th, td { text-align: right; padding: 9px 0 9px 18px; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        thead th { color: var(--muted); font-weight: 500; font-size: 13px; border-bottom-color: var(--muted); vertical-align: bottom; white-space: normal; }
        tbody tr:last-child > * { border-bottom: 0; }
        tbody th { font-weight: 600; }
        .arm { min-width: 8.5em; } .arm small { display: block; font-weight: 400; color: var(--muted); font-size: 13px; white-space: normal; max-width: 14em; }
        .soft { color: var(--muted); } .plus { color: var(--good); } .minus { color: var(--bad); }
        .swatch { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 8px; background: currentColor; }
        svg { display: block; width: 100%; height: auto; font-family: inherit; }
        svg .grid { stroke: var(--grid); stroke-width: 1; } svg .level { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 3 4; }
        svg .mark { fill: var(--muted); font-size: 12.5px; } svg .label { fill: var(--muted); font-size: 12.5px; }
        svg .line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; } svg .line.s0 { stroke-dasharray: 5 4; }
        svg .band { fill: currentColor; fill-opacity: .13; } svg .dot { fill: currentColor; }
        svg .bar { fill: currentColor; } svg .bar.faint { fill-opacity: .18; } svg .counts { fill: var(--muted); fill-opacity: .35; }
        svg .cell { fill: var(--grid); } svg .shade { fill: var(--accent); } svg .said { fill: var(--ink); font-size: 12px; } svg .said.over { fill: var(--on-accent); }
        @media (max-width: 600px) { svg .mark, svg .label { font-size: 15px; } svg .said { font-size: 14px; } th, td { padding-left: 14px; } }
        .s0 { color: var(--s0); } .s1 { color: var(--s1); } .s2 { color: var(--s2); } .s3 { color: var(--s3); } .s4 { color: var(--s4); } .s5 { color: var(--s5); }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 8px 0 2px; font-size: 13.5px; color: var(--muted); }
        details { margin-top: 10px; font-size: 13.5px; } summary { color: var(--muted); cursor: pointer; }
        summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 3px; }
        details table { font-size: 13px; margin-top: 6px; } details th, details td { padding-top: 4px; padding-bottom: 4px; }
        .worst { display: grid; grid-template-columns: minmax(0, 1fr); gap: 18px; }
        @media (min-width: 620px) { .worst { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
        @media (min-width: 980px) { .worst.pictures { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
        figure { margin: 0; } figcaption { font-size: 14px; margin-top: 10px; } figcaption .soft { font-size: 13px; }
        .pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 6px; } .pair img { width: 100%; height: auto; display: block; border-radius: 6px; }
        .text { font: 17px/1.75 ui-serif, Georgia, "Times New Roman", serif; margin: 0; } .text mark { color: inherit; background: none; border-radius: 3px; padding: 1px 0; }
        .notes { margin: 0; padding-left: 1.1em; color: var(--muted); } .notes li { margin: 0 0 6px; }
        footer { padding-top: 40px; padding-bottom: 64px; color: var(--muted); font-size: 14px; }
        @media print { body { background: #fff; } .card { break-inside: avoid; } details > * { display: block; } }
        """;
}
