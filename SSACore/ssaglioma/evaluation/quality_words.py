"""The sentences of the quality gate in English and French."""

from __future__ import annotations

import string
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_ENGLISH = {
    "slices": "{subject} has {slices} slices (at least {limit} are expected)",
    "slice_thickness": "{subject} has slices every {mm:.1f} mm (up to {limit:.1f} mm is usual)",
    "pixel_size": "{subject} has pixels of {mm:.1f} mm (up to {limit:.1f} mm is usual)",
    "brain_cut": "{subject} cuts the brain over {cm2:.0f} cm² (up to {limit:.0f} cm² is usual)",
    "coverage": "{subject} covers {percent:.0f} % of the brain",
    "noise": "{subject}: signal to noise {snr:.0f} (at least {limit:.0f} is expected)",
    "ghosts": "{subject}: ghosts of {percent:.1f} % of the brain's signal beside the head (movement or pulsation)",
    "shading": "{subject}: brightness varies by {percent:.0f} % over the brain because of the coil; it was corrected",
    "shading_left": "{subject}: brightness varies by {percent:.0f} % over the brain because of the coil; not corrected",
    "alignment": "{subject} was aligned to {reference}: there and back differ by {mm:.1f} mm",
    "brain_volume": "The brain mask holds {ml:.0f} ml (adults: {least:.0f} to {most:.0f} ml)",
    "mask_method": "The brain mask was made by a simple method, for no mask model is installed: check it",
    "mask_agreement": "The brain masks of the single images agree with a Dice of {dice:.2f} (at least {limit:.2f})",
    "look": "The look of {subject} is {distance:.1f} away from that of the images that the models learnt from "
    "(up to {limit:.1f} is usual); the brain mask or the sequence may be wrong",
    "missing": "{subject} is missing",
    "sequence": "{subject} ({file}) was told with a confidence of {confidence:.2f}",
    "swapped": "The image given as {subject} looks like {other}; the image given as {other} looks like {subject}. If "
    "they lie in each other's place, this result is wrong: swap the two and segment again",
    "wrong_slot": "The image given as {subject} looks like {looks}. If that is so, this result is wrong: give every "
    "image as what it shows, and segment again",
    "note": "{text}",
    "no_tumour": "No tumor was found. Either there is none, or it is of a kind that the model does not know",
    "small_tumour": "This may not be a pre-operative adult glioma: the tumor found has {ml:.1f} ml "
    "({limit:.1f} ml or more in nearly all cases that the model learnt from)",
    "scattered": "This may not be a pre-operative adult glioma: what was found lies in {lesions} pieces, the largest "
    "with {percent:.0f} % of the volume ({limit:.0f} % or more in nearly all gliomas seen)",
    "unsure": "This may not be a pre-operative adult glioma: the model's mean probability in the tumor is "
    "{confidence:.2f} (at least {limit:.2f} is usual)",
    "cavity": "{ml:.0f} ml of the tumor look like fluid: after an operation, or with a cyst, the labels mean "
    "something else",
    "no_core": "Without T1Gd enhancing tumor cannot be seen; whatever is labelled so is a guess",
}
_FRENCH = {
    "slices": "{subject} a {slices} coupes (au moins {limit} sont attendues)",
    "slice_thickness": "{subject} a une coupe tous les {mm:.1f} mm (d'habitude au plus {limit:.1f} mm)",
    "pixel_size": "{subject} a des pixels de {mm:.1f} mm (d'habitude au plus {limit:.1f} mm)",
    "brain_cut": "{subject} coupe le cerveau sur {cm2:.0f} cm² (d'habitude au plus {limit:.0f} cm²)",
    "coverage": "{subject} couvre {percent:.0f} % du cerveau",
    "noise": "{subject} : rapport signal sur bruit {snr:.0f} (au moins {limit:.0f} est attendu)",
    "ghosts": "{subject} : images fantômes de {percent:.1f} % du signal du cerveau à côté de la tête (mouvement ou "
    "pulsation)",
    "shading": "{subject} : l'intensité varie de {percent:.0f} % dans le cerveau à cause de l'antenne ; elle a été "
    "corrigée",
    "shading_left": "{subject} : l'intensité varie de {percent:.0f} % dans le cerveau à cause de l'antenne ; non "
    "corrigée",
    "alignment": "{subject} a été recalé sur {reference} : l'aller et le retour diffèrent de {mm:.1f} mm",
    "brain_volume": "Le masque du cerveau contient {ml:.0f} ml (adultes : {least:.0f} à {most:.0f} ml)",
    "mask_method": "Le masque du cerveau vient d'une méthode simple, faute de modèle installé : à vérifier",
    "mask_agreement": "Les masques du cerveau de chaque image concordent avec un Dice de {dice:.2f} (au moins "
    "{limit:.2f})",
    "look": "L'aspect de {subject} est à {distance:.1f} de celui des images d'apprentissage (d'habitude au plus "
    "{limit:.1f}) ; le masque du cerveau ou la séquence est peut-être faux",
    "missing": "{subject} est absent",
    "sequence": "{subject} ({file}) a été reconnu avec une confiance de {confidence:.2f}",
    "swapped": "L'image donnée comme {subject} ressemble à {other} ; l'image donnée comme {other} ressemble à "
    "{subject}. Si elles ont été interverties, ce résultat est faux : les échanger et relancer la segmentation",
    "wrong_slot": "L'image donnée comme {subject} ressemble à {looks}. Si c'est le cas, ce résultat est faux : donner "
    "chaque image pour ce qu'elle est et relancer la segmentation",
    "note": "{text}",
    "no_tumour": "Aucune tumeur n'a été trouvée. Soit il n'y en a pas, soit le modèle ne connaît pas ce type",
    "small_tumour": "Ce n'est peut-être pas un gliome préopératoire de l'adulte : la tumeur trouvée a {ml:.1f} ml "
    "({limit:.1f} ml ou plus dans presque tous les cas d'apprentissage)",
    "scattered": "Ce n'est peut-être pas un gliome préopératoire de l'adulte : {lesions} amas ont été trouvés, le plus "
    "grand avec {percent:.0f} % du volume ({limit:.0f} % ou plus dans presque tous les gliomes vus)",
    "unsure": "Ce n'est peut-être pas un gliome préopératoire de l'adulte : la probabilité moyenne dans la tumeur est "
    "de {confidence:.2f} (d'habitude au moins {limit:.2f})",
    "cavity": "{ml:.0f} ml de la tumeur ressemblent à du liquide : après une opération ou avec un kyste, les "
    "étiquettes ont un autre sens",
    "no_core": "Sans T1Gd, la tumeur rehaussée n'est pas visible ; ce qui est étiqueté ainsi est une supposition",
}
_LIGHTS = {
    "en": {
        "green": "Nothing speaks against these images",
        "amber": "Look at the result with these reasons in mind",
        "red": "Expect the result to be wrong, for these reasons",
    },
    "fr": {
        "green": "Rien ne s'oppose à ces images",
        "amber": "À lire en tenant compte de ces raisons",
        "red": "Résultat probablement faux, pour ces raisons",
    },
}
_COLORS = {
    "en": {"green": "green", "amber": "amber", "red": "red"},
    "fr": {"green": "vert", "amber": "orange", "red": "rouge"},
}
SENTENCES: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": _ENGLISH, "fr": _FRENCH})


class _Formatter(string.Formatter):
    """Writes numbers with the decimal sign of a language."""

    def __init__(self, language: str) -> None:
        self._comma = language == "fr"

    def format_field(self, value: Any, format_spec: str) -> str:
        """Format one value."""
        text = super().format_field(value, format_spec)
        return text.replace(".", ",") if self._comma and isinstance(value, float) else text


def finding_text(key: str, subject: str, values: Mapping[str, object], language: str = "en") -> str:
    """Return the sentence of a finding, with a full stop.

    Raises
    ------
    KeyError
        If the finding or language is unknown, or a value is missing.
    """
    text = _Formatter(language).format(SENTENCES[language][key], subject=subject, **values)
    return _spaced(text if text.endswith((".", "!", "?")) else text + ".", language)


def light_text(light: str, language: str = "en") -> str:
    """Return what a light means, with a full stop."""
    return _LIGHTS[language][light] + "."


def light_name(light: str, language: str = "en") -> str:
    """Return the name of a light."""
    return _COLORS[language][light]


def _spaced(text: str, language: str) -> str:
    if language != "fr":
        return text
    for mark in ":;!?":
        text = text.replace(f" {mark}", f"\N{NO-BREAK SPACE}{mark}")
    return text
