"""Names of places, as texts write them."""

from __future__ import annotations

import re

#: States of the United States.
STATE = re.compile(
    r"\b(?:Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois"
    r"|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana"
    r"|Nebraska|Nevada|New (?:Hampshire|Jersey|Mexico|York)|(?:North|South) (?:Carolina|Dakota)|Ohio|Oklahoma|Oregon"
    r"|Pennsylvania|Rhode Island|Tennessee|Texas|Utah|Vermont|(?:West )?Virginia|Washington|Wisconsin|Wyoming)\b"
)
#: Countries, each with the words that name it or what is of it.
COUNTRIES = {
    "Australia": "Australian?",
    "Canada": "Canad(?:a|ian)",
    "Chile": "Chilean|Chile",
    "China": "China|Chinese",
    "Denmark": "Denmark|Danish",
    "Germany": "German(?:y)?",
    "India": "Indian?",
    "Japan": "Japan(?:ese)?",
    "Kenya": "Kenyan?",
    "Nepal": "Nepal(?:ese|i)?",
    "Netherlands": "Netherlands|Dutch",
    "Nigeria": "Nigerian?",
    "Norway": "Norway|Norwegian",
    "Pakistan": "Pakistani?",
    "South Africa": "South African?",
    "Spain": "Spain|Spanish",
    "Sweden": "Sweden|Swedish",
    "United Kingdom": "United Kingdom|UK|England|English|Scotland|Scottish|Wales|Welsh",
    "Vietnam": "Vietnam(?:ese)?",
}


def named(text: str) -> set[str]:
    """Give the states of the United States, and the other countries, that a text names."""
    countries = (name for name, pattern in COUNTRIES.items() if re.search(rf"\b(?:{pattern})\b", text))
    return {*STATE.findall(text), *countries}
