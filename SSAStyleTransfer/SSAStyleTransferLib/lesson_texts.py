"""The words of the lessons, English and French: title, three sentences, one question, answers, explanation."""

from __future__ import annotations

from dataclasses import dataclass

ENGLISH, FRENCH = "English", "Français"
LANGUAGES = (ENGLISH, FRENCH)


@dataclass(frozen=True)
class LessonText:
    """A lesson in one language.

    Attributes
    ----------
    title, text, question : str
    answers : tuple of str
        In the same order in every language.
    right : int
        Number of the right answer.
    explanation : str
    """

    title: str
    text: str
    question: str
    answers: tuple[str, ...]
    right: int
    explanation: str


_ENGLISH = {
    "fields": LessonText(
        "3T against 1.5T",
        "On the left is a brain as a 3 T research scanner shows it, on the right the same brain as a 1.5 T hospital "
        "scanner would. Slices of 5 mm mix tissues, fewer lines of k-space blur edges, the coil shades the picture. "
        "Switch single effects on and off in the Scanner tab and watch the difference.",
        "Which effect hides a small lesion most?",
        ("Uneven brightness of the coil", "Thick slices", "Fold-over"),
        1,
        "In a slice of 5 mm a lesion of 2 mm keeps less than half of its contrast: it is averaged with what lies "
        "above and below.",
    ),
    "fails": LessonText(
        "Why the model fails",
        "The model learned from 3 T images. Here the same brain passes a 0.3 T scanner: more noise, thicker slices, "
        "larger pixels. Press Look in the Preview tab and compare the masks before and after.",
        "Why does the Dice fall although the tumor is the same?",
        ("The model sees gray values and edges it never met", "The tumor became smaller", "The labels are wrong"),
        0,
        "The anatomy did not change, the look did. A model that met only one look takes unknown noise and blur for "
        "other tissue. That is domain shift.",
    ),
    "repairs": LessonText(
        "What style transfer repairs",
        "The content is the hospital scan of the sample patient, the style comes from a 3 T scanner. Matching the "
        "gray values brings the histogram back, as the chart shows. Compare KL and Wasserstein before and after.",
        "Which of these can gray values alone not bring back?",
        ("Brightness and contrast", "Sharp edges between the slices", "The share of dark pixels"),
        1,
        "A gray curve moves no edge and invents none: what thick slices averaged away stays lost. This is also why "
        "it is safe.",
    ),
    "destroys": LessonText(
        "What it may destroy",
        "Strong methods such as AdaConv rewrite structure, not only gray values. The guard measures how far edges "
        "moved and how much of a lesion's contrast stayed, and puts stripes over what it refuses. Lower the strength "
        "until it passes.",
        "A stylized image looks sharper than the original. May you train a model on it?",
        ("Yes, sharper is better", "Only if the guard passes", "Yes, if the histogram fits"),
        1,
        "A picture can look real and show another patient's anatomy. Labels drawn on the original are then wrong on "
        "the stylized image.",
    ),
    "heart": LessonText(
        "Heart: from bSSFP to LGE",
        "A synthetic heart: bSSFP (content) shows blood bright and muscle gray; late enhancement (style) shows muscle "
        "black and scar bright. Methods with a style space (RAIN) change the contrast and keep boundaries best; "
        "AdaConv comes closer to the look and may bend the thin wall. Both need a model package; without one, gray "
        "values alone are matched.",
        "What can no method add to the bSSFP image?",
        ("A darker muscle", "The scar that only LGE shows", "A brighter pool of blood"),
        1,
        "Style transfer changes the look, not the information: a scar that the content does not show would be an "
        "invention.",
    ),
}
_FRENCH = {
    "fields": LessonText(
        "3 T contre 1,5 T",
        "À gauche, un cerveau tel qu'une IRM de recherche à 3 T le montre ; à droite, le même cerveau sur une machine "
        "hospitalière à 1,5 T. Des coupes de 5 mm mélangent les tissus, moins de lignes de l'espace k floutent les "
        "bords, l'antenne ombre l'image. Activez les effets un par un dans l'onglet Scanner et observez la différence.",
        "Quel effet cache le plus une petite lésion ?",
        ("La luminosité inégale de l'antenne", "Les coupes épaisses", "Le repliement"),
        1,
        "Dans une coupe de 5 mm, une lésion de 2 mm garde moins de la moitié de son contraste : elle est moyennée "
        "avec ce qui se trouve au-dessus et au-dessous.",
    ),
    "fails": LessonText(
        "Pourquoi le modèle échoue",
        "Le modèle a appris sur des images à 3 T. Ici, le même cerveau passe par une machine à 0,3 T : plus de bruit, "
        "des coupes plus épaisses, des pixels plus grands. Appuyez sur Look dans l'onglet Preview et comparez les "
        "masques avant et après.",
        "Pourquoi le Dice baisse-t-il alors que la tumeur est la même ?",
        (
            "Le modèle voit des gris et des bords qu'il n'a jamais rencontrés",
            "La tumeur a rétréci",
            "Les étiquettes sont fausses",
        ),
        0,
        "L'anatomie n'a pas changé, l'aspect oui. Un modèle qui n'a connu qu'un seul aspect prend le bruit et le flou "
        "inconnus pour un autre tissu. C'est le décalage de domaine.",
    ),
    "repairs": LessonText(
        "Ce que le transfert de style répare",
        "Le contenu est l'examen hospitalier du patient d'exemple, le style vient d'une machine à 3 T. Ajuster les "
        "niveaux de gris ramène l'histogramme, comme le montre le graphique. Comparez KL et Wasserstein avant et "
        "après.",
        "Qu'est-ce que les niveaux de gris seuls ne peuvent pas ramener ?",
        ("La luminosité et le contraste", "Des bords nets entre les coupes", "La part de pixels sombres"),
        1,
        "Une courbe de gris ne déplace aucun bord et n'en invente aucun : ce que les coupes épaisses ont moyenné "
        "reste perdu. C'est aussi pourquoi elle est sûre.",
    ),
    "destroys": LessonText(
        "Ce qu'il peut détruire",
        "Les méthodes fortes comme AdaConv réécrivent la structure, pas seulement les gris. Le gardien mesure le "
        "déplacement des bords et le contraste gardé par une lésion, et couvre de rayures ce qu'il refuse. Baissez la "
        "force jusqu'à ce qu'il accepte.",
        "Une image stylisée paraît plus nette que l'original. Peut-on entraîner un modèle dessus ?",
        ("Oui, plus net est mieux", "Seulement si le gardien accepte", "Oui, si l'histogramme convient"),
        1,
        "Une image peut sembler vraie et montrer l'anatomie d'un autre patient. Les étiquettes dessinées sur "
        "l'original sont alors fausses sur l'image stylisée.",
    ),
    "heart": LessonText(
        "Cœur : de bSSFP à LGE",
        "Un cœur synthétique : bSSFP (contenu) montre le sang brillant et le muscle gris ; le rehaussement tardif "
        "(style) montre le muscle noir et la cicatrice brillante. Les méthodes à espace de style (RAIN) changent le "
        "contraste et gardent le mieux les bords ; AdaConv s'approche plus de l'aspect et peut déformer la paroi "
        "mince. Les deux demandent un modèle ; sans lui, seuls les gris sont ajustés.",
        "Qu'aucune méthode ne peut-elle ajouter à l'image bSSFP ?",
        ("Un muscle plus sombre", "La cicatrice que seul le LGE montre", "Un sang plus brillant"),
        1,
        "Le transfert de style change l'aspect, pas l'information : une cicatrice que le contenu ne montre pas serait "
        "une invention.",
    ),
}
LESSONS = tuple(_ENGLISH)
"""Keys of the lessons, in order."""
TEXTS = {ENGLISH: _ENGLISH, FRENCH: _FRENCH}
WORDS = {
    ENGLISH: {
        "right": "Right.",
        "wrong": "Not quite.",
        "quiz": "Which scanner made the picture on the right?",
        "was": "It was: {title}.",
        "score": "{right} of {asked} right",
        "stand_in": "This installation has no AdaConv package; a scanner with slices of 10 mm stands in for it.",
    },
    FRENCH: {
        "right": "Juste.",
        "wrong": "Pas tout à fait.",
        "quiz": "Quelle machine a fait l'image de droite ?",
        "was": "C'était : {title}.",
        "score": "{right} sur {asked} justes",
        "stand_in": "Cette installation n'a pas de modèle AdaConv ; une machine à coupes de 10 mm le remplace.",
    },
}
