"""What the report says of how far a result can be trusted, in English and French."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ENGLISH = {
    "expected": "How good these outlines are likely to be",
    "expected_dice": "Dice to expect",
    "expected_range": "Four of five lay within",
    "from_to": "{low} to {high}",
    "judgement": "In words",
    "expect_good": "check the edges",
    "expect_unsure": "uncertain: look closely",
    "expect_low": "probably poor: draw it anew or leave it out",
    "expected_note": "Foretold without a reference, from the model's own probabilities and the shape found; fitted "
    "and judged on cases that the model never saw. 1 is a perfect outline; below 0.6 it is of little use. A region "
    "that was not found is not listed: nothing can be foretold of it. "
    "It holds only if every sequence lies in its own slot.",
    "lesions_unsure": "Lesions that may not be real",
    "lesions_sure": "Every lesion found is likely to be real (80 % or more each).",
    "lesions_note": "{shown} of {unsure} lesions under 80 %, out of {total} in all regions. Place: centre in the "
    "coordinates of the file (x to the left, y to the back, z up), mm.",
    "place_mm": "Place (mm)",
    "likely_real": "Likely real",
}
_FRENCH = {
    "expected": "Qualité attendue de ces contours",
    "expected_dice": "Dice attendu",
    "expected_range": "Quatre sur cinq",
    "from_to": "de {low} à {high}",
    "judgement": "En clair",
    "expect_good": "vérifier les bords",
    "expect_unsure": "incertain : à regarder de près",
    "expect_low": "sans doute mauvais : à redessiner ou à écarter",
    "expected_note": "Prévu sans référence, d'après les probabilités du modèle et la forme trouvée ; ajusté et jugé "
    "sur des cas que le modèle n'avait jamais vus. 1 : contour parfait ; au-dessous de 0,6, il est peu utile. Une "
    "région non trouvée n'est pas citée : rien ne peut en être prévu. "
    "Cela ne vaut que si chaque séquence est à sa place.",
    "lesions_unsure": "Lésions peut-être fausses",
    "lesions_sure": "Chaque lésion trouvée est probablement réelle (80 % ou plus pour chacune).",
    "lesions_note": "{shown} lésions sur {unsure} au-dessous de 80 %, {total} en tout. Position : centre, en "
    "coordonnées du fichier (x vers la gauche, y vers l'arrière, z vers le haut), en mm.",
    "place_mm": "Position (mm)",
    "likely_real": "Probablement réelle",
}
TRUST_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": _ENGLISH, "fr": _FRENCH})
_ADAPTED_FR = (
    "Le modèle a été adapté aux images de ce patient ; le résultat peut être meilleur ou moins bon que sans (--adapt), "
    "et ses confiances sont trop hautes."
)
TRUST_WARNINGS_FR: tuple[tuple[str, str], ...] = (
    (r"The model was adapted to this patient's images;.*", _ADAPTED_FR),
    (
        r"The adaptation to this patient was taken back:.*",
        "L'adaptation à ce patient a été annulée, car elle changeait trop le résultat.",
    ),
    (
        r"The model was not adapted to this patient,.*",
        "Le modèle n'a pas été adapté à ce patient, car il n'avait aucun doute.",
    ),
)
"""Warnings of `ssaglioma segment --adapt`: pattern and wording."""
