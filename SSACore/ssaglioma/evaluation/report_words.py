"""The words of the report in English and French; nothing else in the report spells a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ssaglioma.errors import SSAGliomaError
from ssaglioma.evaluation.trust_words import TRUST_WARNINGS_FR, TRUST_WORDS

_ENGLISH = {
    "title": "Glioma segmentation",
    "notice": "<b>Research use only.</b> Not a medical device. Every outline must be checked by a radiologist.",
    "volumes": "Volumes",
    "measurements": "Volumes and diameters",
    "region": "Region",
    "volume_ml": "Volume (ml)",
    "lesions": "Lesions",
    "largest_diameter_mm": "Largest diameter (mm)",
    "confidence": "Confidence",
    "confidence_note": "Diameter: the largest one of a single lesion, in 3D. "
    "Lesions: connected pieces of more than 50 mm³. "
    "Confidence: mean probability inside the region; it is not the probability that the outline is right.",
    "rano": "Enhancing lesions: diameters in the axial plane (RANO)",
    "number": "No.",
    "diameter_mm": "Largest diameter (mm)",
    "perpendicular_mm": "Perpendicular (mm)",
    "product_mm2": "Product (mm²)",
    "measurable": "Measurable",
    "slice": "Slice",
    "rano_note": "Measured by the program. Measurable: both diameters of at least {limit} mm, on two slices or more. "
    "Sum of the products of measurable lesions: {total} mm².",
    "rano_none": "No enhancing lesion.",
    "change": "Change from the earlier segmentation",
    "earlier": "Earlier",
    "current": "Now",
    "difference": "Difference",
    "percent": "Change (%)",
    "rano_sum_mm2": "Sum of products (mm²)",
    "in_ml": "{region}, ml",
    "scores": "Agreement with the reference (HD95: surface-area convention; BraTS 2023 lesion rule)",
    "dice": "Dice",
    "hd95_mm": "HD95 (mm)",
    "nsd_1mm": "NSD 1 mm",
    "lesion_dice": "Lesion-wise Dice",
    "volume_difference_ml": "Volume difference (ml)",
    "outlines": "Outlines",
    "sides": "Patient's left is on the right of axial and coronal pictures. "
    "Positions are coordinates of the file (x to the left, y to the back, z up), not distances from the midline.",
    "doubt": "Where the model hesitated most",
    "doubt_note": "Look at this slice first.",
    "comparison": "Difference from the reference",
    "agreed": "agreed",
    "missed": "missed",
    "extra": "extra",
    "on": "{region} on {image}",
    "axial": "axial",
    "coronal": "coronal",
    "sagittal": "sagittal",
    "model": "Model",
    "model_title": "title",
    "version": "version",
    "training_data": "training data",
    "intended_use": "intended use",
    "licence": "licence",
    "held_out": "mean Dice on held-out cases",
    "cases": "{count} cases",
    "model_note": "",
    "time": "Time: {stages}; in all {total} s.",
    "images": "Images",
    "also_measured": "Also looked at, without objection",
    "brain_mask": "Brain mask",
    "brain_mask_note": "What lies outside the outline was not looked at.",
    "yes": "yes",
    "no": "no",
}
_FRENCH = {
    "title": "Segmentation de gliome",
    "notice": "<b>Réservé à la recherche.</b> Ce logiciel n'est pas un dispositif médical. "
    "Chaque contour doit être vérifié par un radiologue.",
    "volumes": "Volumes",
    "measurements": "Volumes et diamètres",
    "region": "Région",
    "volume_ml": "Volume (ml)",
    "lesions": "Lésions",
    "largest_diameter_mm": "Plus grand diamètre (mm)",
    "confidence": "Confiance",
    "confidence_note": "Diamètre : le plus grand diamètre d'une même lésion, en 3D. "
    "Lésions : amas connexes de plus de 50 mm³. Confiance : probabilité moyenne à l'intérieur "
    "de la région ; ce n'est pas la probabilité que le contour soit exact.",
    "rano": "Lésions rehaussées : diamètres dans le plan axial (RANO)",
    "number": "N°",
    "diameter_mm": "Plus grand diamètre (mm)",
    "perpendicular_mm": "Perpendiculaire (mm)",
    "product_mm2": "Produit (mm²)",
    "measurable": "Mesurable",
    "slice": "Coupe",
    "rano_note": "Mesures faites par le logiciel. Lésion mesurable : deux diamètres d'au moins "
    "{limit} mm, sur deux coupes ou plus. Somme des produits des lésions mesurables : {total} mm².",
    "rano_none": "Aucune lésion rehaussée.",
    "change": "Évolution depuis la segmentation antérieure",
    "earlier": "Antérieur",
    "current": "Actuel",
    "difference": "Différence",
    "percent": "Variation (%)",
    "rano_sum_mm2": "Somme des produits (mm²)",
    "in_ml": "{region}, ml",
    "scores": "Concordance avec la référence (HD95 : convention pondérée par les surfaces ; "
    "règle des lésions de BraTS 2023)",
    "dice": "Dice",
    "hd95_mm": "HD95 (mm)",
    "nsd_1mm": "NSD à 1 mm",
    "lesion_dice": "Dice par lésion",
    "volume_difference_ml": "Écart de volume (ml)",
    "outlines": "Contours",
    "sides": "La gauche du patient est à droite des coupes axiales et coronales. Les positions sont les coordonnées du "
    "fichier (x vers la gauche, y vers l'arrière, z vers le haut), et non des distances à la ligne médiane.",
    "doubt": "Coupe où le modèle a le plus hésité",
    "doubt_note": "À vérifier en premier.",
    "comparison": "Différences avec la référence",
    "agreed": "concordant",
    "missed": "manqué",
    "extra": "en excès",
    "on": "{region} sur {image}",
    "axial": "axial",
    "coronal": "coronal",
    "sagittal": "sagittal",
    "model": "Modèle",
    "model_title": "intitulé",
    "version": "version",
    "training_data": "données d'entraînement",
    "intended_use": "usage prévu",
    "licence": "licence",
    "held_out": "Dice moyen sur des cas exclus de l'entraînement",
    "cases": "{count} cas",
    "model_note": "Texte de la fiche du modèle, en anglais.",
    "time": "Durée : {stages} ; au total {total} s.",
    "images": "Images",
    "also_measured": "Également examiné, sans objection",
    "brain_mask": "Masque du cerveau",
    "brain_mask_note": "Ce qui se trouve hors du contour n'a pas été examiné.",
    "yes": "oui",
    "no": "non",
}
_REGIONS = {
    "en": {
        "WT": "Whole tumor (WT)",
        "TC": "Tumor core (TC)",
        "ET": "Enhancing tumor (ET)",
        "NCR": "Necrosis (NCR)",
        "ED": "Edema (ED)",
        "RC": "Resection cavity (RC)",
    },
    "fr": {
        "WT": "Tumeur entière (WT)",
        "TC": "Cœur tumoral (TC)",
        "ET": "Tumeur rehaussée (ET)",
        "NCR": "Nécrose (NCR)",
        "ED": "Œdème (ED)",
        "RC": "Cavité de résection (RC)",
    },
}
_STAGES = {
    "en": {
        "find": "find series",
        "brain_mask": "brain mask",
        "fat": "fat out of the mask",
        "bias_and_grid": "bias and grid",
        "home": "native grid",
        "slots": "check of the sequences",
    },
    "fr": {
        "read": "lecture",
        "find": "tri des séries",
        "align": "recalage",
        "brain_mask": "masque du cerveau",
        "fat": "graisse hors du masque",
        "bias_and_grid": "correction et rééchantillonnage",
        "quality": "contrôle de qualité",
        "home": "retour à la grille d'origine",
        "slots": "contrôle des séquences",
        "load": "chargement",
        "prepare": "préparation",
        "predict": "prédiction",
        "restore": "restitution",
    },
}
_MARKS = {"fr": {"R": "D", "L": "G"}}
"""In French pictures right is D (droite) and left G (gauche); A, P, S and I stay."""
_SKULL_FR = (
    "Les images semblent contenir encore le crâne (presque aucun voxel n'est nul) : le modèle n'a été entraîné que "
    "sur des cerveaux isolés, ce résultat n'est donc pas fiable."
)
_LESS = r": the result is less accurate(?:; on held-out cases this cost (?P<cost>[\d.]+) of mean Dice)?\."
_WARNINGS = {
    "fr": (
        (r"The images do not look skull-stripped.*", _SKULL_FR),
        (r"(?P<name>.+) is missing" + _LESS, "La séquence {name} est absente : le résultat est moins précis{cost}."),
        (
            r"(?P<name>.+) are missing" + _LESS,
            "Les séquences {name} sont absentes : le résultat est moins précis{cost}.",
        ),
        (r"No tumou?r was found\.", "Aucune tumeur n'a été trouvée."),
        *TRUST_WARNINGS_FR,
    )
}
_COST = {"fr": " (sur des cas exclus de l'entraînement, cette absence a coûté {cost} de Dice moyen)"}

LANGUAGES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"en": {**_ENGLISH, **TRUST_WORDS["en"]}, "fr": {**_FRENCH, **TRUST_WORDS["fr"]}}
)


@dataclass(frozen=True)
class Words:
    """The words and numbers of one language.

    Attributes
    ----------
    language : str
        'en' or 'fr'.

    Raises
    ------
    SSAGliomaError
        If the language is not known.
    """

    language: str = "en"

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise SSAGliomaError(f"The language {self.language!r} is not known", expected=f"one of {sorted(LANGUAGES)}")

    def __getitem__(self, key: str) -> str:
        return self.spaced(LANGUAGES[self.language][key])

    @property
    def marks(self) -> Mapping[str, str]:
        """What stands for the orientation marks R and L in pictures."""
        return _MARKS.get(self.language, {})

    def region(self, name: str) -> str:
        """Return a region's or label's name in full."""
        return _REGIONS[self.language].get(name, name)

    def stage(self, name: str) -> str:
        """Return the name of a stage of the run."""
        return _STAGES.get(self.language, {}).get(name, name)

    def number(self, value: object, digits: int) -> str:
        """Return a number with the language's decimal sign, or '-' for anything else."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "-"
        text = f"{value:.{digits}f}"
        return text.replace(".", ",") if self.language == "fr" else text

    def warning(self, text: str) -> str:
        """Return a warning of the segmentation in this language; an unknown one stays as it is."""
        for pattern, wording in _WARNINGS.get(self.language, ()):
            match = re.fullmatch(pattern, text)
            if match:
                found = match.groupdict()
                cost = found.get("cost")
                said = _COST[self.language].format(cost=cost.replace(".", ",")) if cost else ""
                return self.spaced(wording.format(name=found.get("name", ""), cost=said))
        return text

    def heading(self, name: str) -> str:
        """Return the title of the page, with the name of a case or patient where one is given."""
        if not name:
            return self["title"]
        return self.spaced(f"{self['title']} : {name}" if self.language == "fr" else f"{self['title']}: {name}")

    def spaced(self, text: str) -> str:
        """Return a French text with unbreakable spaces before high punctuation."""
        return re.sub(r" (?=[:;!?])", "\N{NO-BREAK SPACE}", text) if self.language == "fr" else text
