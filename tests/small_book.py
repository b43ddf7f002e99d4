"""A review of five pages, as it is stored: its data, its Markdown and its notebooks."""

from __future__ import annotations

import json
from typing import Any

RECORD = "application/papermill.record/text/plain"
TITLE = "as reported: Unützer 2002, abstract (primary abstract)"
DERIVED = "our calculation: risk ratio = 45% / 19%; from impact-response-12m-cc, impact-response-12m-control"

FIGURE = f"""<figure class="lr-figure"><figcaption>Response at 12 months, 906 people.\
 <span class="lr-sources">Source: <a href="sources.html#unutzer2002">Unützer 2002</a>.</span></figcaption>\
<svg viewBox="0 0 330 60" role="img" aria-labelledby="f-t" aria-describedby="f-d">\
<title id="f-t">Response: 45% and 19%</title>\
<desc id="f-d">Two bars, 45 and 19.</desc><path d="M10 20L163 38"/><text x="160" y="20">45%</text></svg>
<details class="lr-data"><summary>Data</summary><p>Two bars: 45 and 19 percent.</p>
<table class="lr"><caption>Data</caption><tbody><tr><th scope="row">collaborative care</th>\
<td><a class="n" href="results.html#impact-response-12m-cc" title="{TITLE}">45%</a></td>\
<td>171 of 895</td></tr></tbody></table>\
</details></figure>"""

LISTING = """<p class="lr-caption">Results</p>
<ul class="lr-rows" aria-label="Results">
<li id="impact-response-12m-cc"><p class="lr-about">Response</p><p class="lr-value"><strong>45</strong>, −0.40</p>\
<dl><dt>People</dt><dd>1,801</dd><dt>Source</dt>\
<dd><a class="n" href="sources.html#unutzer2002" title="as reported: Unützer 2002">Unützer 2002</a>; abstract</dd></dl>\
<p class="lr-id"><a href="#impact-response-12m-cc">impact-response-12m-cc</a></p></li>
<li id="impact-response-12m-control"><p class="lr-about">Response</p><p class="lr-value"><strong>19</strong></p>\
<dl><dt>People</dt><dd>895</dd><dt>Source</dt><dd>Unützer 2002</dd></dl>\
<p class="lr-id"><a href="#impact-response-12m-control">impact-response-12m-control</a></p></li>
</ul>"""

SOURCES = """<ul class="lr-rows"><li id="unutzer2002"><p class="lr-about">Unützer 2002</p>\
<dl><dt>Published in</dt><dd>JAMA 2002;288:2836-2845</dd></dl>\
<p class="lr-id"><a href="#unutzer2002">unutzer2002</a></p></li></ul>"""

PROSE = """# The IMPACT trial

At 12 months {n}`impact_cc` responded, a ratio of {n}`impact_rr`, in {src}`unutzer2002`.
PHQ-9 was not used; {n}`impact:impact_control` did with usual care.

:::{conclusions}
:::
"""
CODE = 'publish("impact_cc", "45%")\nassert 45 > 19'


def published(key: str, text: str, rows: list[str], formula: str = "") -> dict[str, Any]:
    metadata = {"scrapbook": {"name": key}, "livingreview": {"rows": rows, "formula": formula}}
    return {"output_type": "display_data", "data": {RECORD: text}, "metadata": metadata}


def notebook(prose: str, source: str, *outputs: dict[str, Any] | str) -> str:
    stored = [
        {"output_type": "display_data", "data": {"text/html": out}, "metadata": {}} if isinstance(out, str) else out
        for out in outputs
    ]
    code = {"cell_type": "code", "source": source, "outputs": stored}
    return json.dumps({"cells": [{"cell_type": "markdown", "source": prose}, code]})


def schema(*fields: str, numbers: tuple[str, ...] = ()) -> dict[str, Any]:
    kinds = [{"name": name, "type": "number" if name in numbers else "string"} for name in fields]
    return {"fields": kinds, "primaryKey": [fields[0]]}


RESULTS = ("result_id", "study_id", "measure", "estimate", "n", "note", "source_key", "locator", "tier")
FILES = {
    "data/datapackage.json": json.dumps(
        {
            "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
            "resources": [
                {
                    "name": "results",
                    "path": "results.csv",
                    "listing": {"page": "results", "columns": {"People": "n", "Source": "source_key; locator"}},
                    "schema": schema(*RESULTS, numbers=("estimate", "n")),
                },
                {
                    "name": "studies",
                    "path": "studies.csv",
                    "listing": {"page": "trials"},
                    "schema": schema("study_id", "acronym"),
                },
                {"name": "review", "path": "review.csv", "schema": schema("item", "value", "note")},
                {
                    "name": "searches",
                    "path": "searches.csv",
                    "schema": schema("search_id", "service", "query", "last_search", "next_due"),
                },
            ],
        }
    ),
    "data/results.csv": f"{','.join(RESULTS)}\n"
    "impact-response-12m-cc,impact,percent,45,1801,-0.40 in 2 of 3,unutzer2002,abstract,primary_abstract\n"
    "impact-response-12m-control,impact,percent,19,895,,unutzer2002,abstract,primary_abstract\n"
    "impact-response-12m-contrast,impact,odds_ratio,3.45,,,unutzer2002,abstract,primary_abstract\n"
    "champ-opioid-days-contrast,champ,odds_ratio,0.10,,,unutzer2002,abstract,primary_abstract\n",
    "data/studies.csv": "study_id,acronym\nimpact,IMPACT\nchamp,CHAMP\nsummit,SUMMIT\n",
    "data/review.csv": "item,value,note\nversion,2026.0.0,\ndormant_after_months,12,\n",
    "data/searches.csv": "search_id,service,query,last_search,next_due\nsrch-01,,,2026-11-21,2027-05-21\n",
    "data/references.bib": "@article{unutzer2002, author={Unützer, Jürgen}, title={IMPACT}, journal={JAMA}, "
    "year={2002}, volume={288}, pages={2836--2845}}",
    "index.md": "Out of 100 people in need, many are not reached.",
    "chapters/numbers.md": "# Published numbers",
    "chapters/results.ipynb": notebook("# Results", "listing()", LISTING),
    "chapters/sources.ipynb": notebook("# Sources", "source_list()", SOURCES),
    "chapters/impact.ipynb": notebook(
        PROSE,
        CODE,
        published("impact_cc", "45%", ["impact-response-12m-cc"]),
        published("impact_control", "19%", ["impact-response-12m-control"]),
        published(
            "impact_rr", "2.37", ["impact-response-12m-cc", "impact-response-12m-control"], "risk ratio = 45% / 19%"
        ),
        {
            "output_type": "display_data",
            "data": {RECORD: "It's better at 12 months."},
            "metadata": {"livingreview": {"conclusion": True}},
        },
        FIGURE,
    ),
}
