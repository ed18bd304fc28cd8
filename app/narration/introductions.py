"""Pure: the sentence by which a voice is heard first, in each language."""

from collections.abc import Mapping
from typing import Final

from app.projects.options import Language

__all__ = ["INTRODUCTIONS"]

INTRODUCTIONS: Final[Mapping[Language, str]] = {
    Language.PL: "Dzień dobry. Tym głosem opowiem historię, od pierwszego obrazu do ostatniego.",
    Language.EN: "Good day. This is the voice that will tell the story, from the first picture to the last.",
    Language.DE: "Guten Tag. Mit dieser Stimme erzähle ich die Geschichte, vom ersten Bild bis zum letzten.",
    Language.FR: "Bonjour. C'est avec cette voix que je raconterai l'histoire, de la première image à la dernière.",
    Language.ES: "Buenos días. Con esta voz contaré la historia, desde la primera imagen hasta la última.",
    Language.IT: "Buongiorno. Con questa voce racconterò la storia, dalla prima immagine all'ultima.",
    Language.PT: "Bom dia. Com esta voz contarei a história, da primeira imagem até à última.",
}
