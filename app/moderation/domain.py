"""What may be said and shown: verdicts, words, rules, and how a text is judged."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.providers.moderation import Judgement

_VAGUE_WORDS: Final = """
    something anything stuff thing things nice cool good great awesome amazing interesting beautiful
    coś cokolwiek rzecz rzeczy fajny fajna fajne fajnego ładny ładna ładne ładnego super ciekawy ciekawe piękny piękne
    etwas irgendwas ding dinge schön schönes nett toll gut
    quelque chose choses truc trucs beau belle joli jolie bien
    algo cosa cosas bonito bonita lindo bueno genial
    qualcosa cosa cose bello bella carino buono
    coisa coisas algo bonito bonita legal bom
    """
VAGUE_WORDS: Final = frozenset(_VAGUE_WORDS.split())
_PLACE_WORDS: Final = """
    in on at under over above below through across near beside behind between inside outside along into by around
    w we na nad pod przez przy obok wśród między za przed wokół wzdłuż nieopodal
    im am an auf unter über durch neben hinter zwischen vor bei
    dans sur sous au aux chez devant derrière entre près
    en sobre bajo ante tras junto entre por
    nel nella nello nei nelle su sul sulla sotto tra fra presso dietro davanti
    no na nos nas em sob pelo pela atrás diante
    """
PLACE_WORDS: Final = frozenset(_PLACE_WORDS.split())
_NEXT_WORDS: Final = """
    then afterwards next finally potem następnie później wreszcie wówczas dann danach anschließend schließlich
    puis ensuite enfin luego después finalmente poi dopo infine depois então finalmente
    """
NEXT_WORDS: Final = frozenset(_NEXT_WORDS.split())
_ACTION_STEMS: Final = """
    run walk fly flies fall rise rose danc swim jump chas look watch hold rid driv climb sail cook build sing play fight
    open grow shin drift float search find found meet hunt travel wander sleep wake smil cry laugh gather glid explor
    bieg idzie idą szed szła leci lec lata spada wschodz zachodz tańcz pływ pły skacz skak goni patrz trzyma jedz jecha
    wspin gotuj buduj śpiewa gra walcz otwier rośnie świec świet szuka znajd odnajd spotyk spotka wędr śpi budzi uśmiech
    płacz płyn odkrywa opiek
    läuft rennt geht fliegt fällt tanzt schwimmt springt jagt schaut hält reitet fährt klettert segelt kocht baut singt
    spielt kämpft öffnet wächst scheint sucht findet trifft wandert schläft erwacht lächelt weint lacht
    court cour marche vole tombe danse nage saute chasse regarde tient conduit grimpe navigue cuisine construit chante
    joue combat ouvre pousse brille cherche trouve rencontre voyage dort rit pleure
    corre camina vuela cae baila nada salta persigue mira conduce trepa navega cocina construye canta juega lucha abre
    crece brilla busca encuentra viaja duerme sonríe llora
    cammina vola cade balla nuota insegue guarda tiene guida arrampica cucina costruisce suona combatte apre cresce
    splende cerca trova incontra viaggia dorme sorride piange
    anda caminha voa cai dança pula persegue olha segura dirige escala cozinha constrói toca luta cresce procura
    encontra dorme sorri chora
    """
ACTION_STEMS: Final = tuple(_ACTION_STEMS.split())
_LIGHT_STEMS: Final = """
    light dawn dusk sun moon night morning evening noon golden neon fog mist rain snow storm cloud dark bright shadow
    warm cold winter summer autumn spring mysterious calm gloomy joyful
    światł świt zmierzch słoń słonecz księży noc nocą rano poran wieczór wieczor południ złot mgł mgl deszcz śnieg burz
    chmur ciemn jasn cień ciep zim lato letni jesie wiosn tajemnic spokoj ponur radosn
    licht dämmer sonn mond nacht morgen abend gold nebel regen schnee sturm wolk dunkel hell schatten kalt herbst
    lumière aube crépuscule soleil lune nuit matin soir doré brume brouillard pluie neige orage nuage sombre ombre
    luz alba amanecer atardecer sol luna noche mañana tarde dorad niebla lluvia nieve tormenta nube oscur sombra
    luce alba tramonto sole notte mattin sera dorat nebbia pioggia neve tempesta nuvol scur ombra
    amanhecer entardecer lua noite manhã dourad névoa neblina chuva tempestade nuvem escur
    """
LIGHT_STEMS: Final = tuple(_LIGHT_STEMS.split())
# Ten segments of six seconds are the longest film that is made in one go.
LONGEST_FILM_SCENES: Final = 10
FEWEST_WORDS: Final = 2
SHORT_WORDS: Final = 8
LONG_WORDS: Final = 250
SENTENCES_PER_SCENE: Final = 3
VAGUE_SHARE: Final = 0.2
BEST_SCORE: Final = 10.0
WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
# Begins only where a run begins and gives nothing of it back: work grows with the text, not with its square.
SENTENCE_END: Final = re.compile(r"(?<![.!?…])[.!?…]++(?:\s|$)|\n\s*\n")
TOO_SHORT = "Say in a whole sentence who does what; two words are too little for a film."
MORE_DETAIL = "Add detail: who is seen, what happens, where, in which light."
NO_ACTION = "Say what moves or happens; a film needs an action."
NO_PLACE = "Say where it takes place."
NO_LIGHT = "Name the light, the time of day, the weather or the mood."
VAGUE = "Replace vague words such as “nice” or “something” with what can be seen."
TOO_LONG = "Shorten the text; keep what can be seen and heard."
TOO_MANY_SCENES = (
    f"This tells about {{scenes}} scenes, but a film has room for {LONGEST_FILM_SCENES}. Tell fewer, or make two films."
)
NO_WORDS = "There are no words in this text. Describe in a sentence what the film shows."


class Subject(StrEnum):
    """What is judged."""

    TEXT = "text"
    PICTURE = "picture"


class Decision(StrEnum):
    """What follows from a judgement."""

    ALLOW = "allow"
    BLOCK = "block"
    HOLD = "hold"


@dataclass(frozen=True)
class Ruling:
    """A decision and the categories that led to it, the gravest first."""

    decision: Decision
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VerdictView:
    """What was found in one content, and what follows; without a judge nobody could tell."""

    id: str
    subject: Subject
    content_hash: str
    decision: Decision
    judge: str | None
    categories: tuple[str, ...]
    scores: Mapping[str, float]
    excerpt: str
    reviewed_by: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_settled(self) -> bool:
        """Whether the same content need not be judged again."""
        return self.judge is not None or self.reviewed_by is not None


@dataclass(frozen=True)
class Threshold:
    """From which score a person must look, and from which the answer is no."""

    hold: float
    block: float


# Stories may have quarrels and battles, so violence is judged later than what harms people outside the story.
USUAL: Final = Threshold(hold=0.7, block=0.9)
THRESHOLDS: Final[Mapping[str, Threshold]] = {
    "sexual/minors": Threshold(hold=0.1, block=0.3),
    "self-harm/instructions": Threshold(hold=0.3, block=0.6),
    "self-harm/intent": Threshold(hold=0.5, block=0.8),
    "self-harm": Threshold(hold=0.6, block=0.85),
    "illicit/violent": Threshold(hold=0.4, block=0.7),
    "hate/threatening": Threshold(hold=0.4, block=0.7),
    "hate": Threshold(hold=0.5, block=0.8),
    "harassment/threatening": Threshold(hold=0.6, block=0.85),
    "sexual": Threshold(hold=0.5, block=0.8),
    "violence": Threshold(hold=0.9, block=0.98),
    "violence/graphic": Threshold(hold=0.7, block=0.9),
}


def ruling_of(judgement: Judgement) -> Ruling:
    """The gravest decision that any category asks for; a judge that cannot be understood means hold."""
    blocked = _reaching(judgement.scores, Decision.BLOCK)
    if blocked:
        return Ruling(Decision.BLOCK, blocked)
    held = _reaching(judgement.scores, Decision.HOLD)
    if held:
        return Ruling(Decision.HOLD, held)
    is_unexplained = judgement.flagged and not judgement.scores
    return Ruling(Decision.HOLD if is_unexplained else Decision.ALLOW)


def _reaching(scores: Mapping[str, float], decision: Decision) -> tuple[str, ...]:
    found = [category for category, score in scores.items() if _reaches(category, score, decision)]
    return tuple(sorted(found, key=lambda category: (-_gravity(scores[category]), category)))


def _reaches(category: str, score: float, decision: Decision) -> bool:
    threshold = THRESHOLDS.get(category, USUAL)
    if math.isnan(score):
        return decision is Decision.HOLD
    return score >= (threshold.block if decision is Decision.BLOCK else threshold.hold)


def _gravity(score: float) -> float:
    return 1.0 if math.isnan(score) else score


@dataclass(frozen=True)
class Quality:
    """How good the prompt is from 0 to 10, whether a film can be made of it, and what would make it better."""

    score: float
    feasible: bool
    suggestions: tuple[str, ...]


@dataclass(frozen=True)
class _Traits:
    """What the words of a prompt show."""

    words: int
    vague: int
    scenes: int
    acts: bool
    placed: bool
    lit: bool


def quality_of(prompt: str) -> Quality:
    """The marks of one prompt."""
    traits = _traits(prompt)
    if traits.words == 0:
        return Quality(0.0, feasible=False, suggestions=(NO_WORDS,))
    losses = _losses(traits)
    score = max(0.0, BEST_SCORE - sum(loss for loss, _ in losses))
    feasible = traits.words >= FEWEST_WORDS and traits.scenes <= LONGEST_FILM_SCENES
    return Quality(round(score, 1), feasible, tuple(said for _, said in losses))


def _losses(traits: _Traits) -> list[tuple[float, str]]:
    """The points that each weakness costs, with what would put it right."""
    rules = (
        (traits.words < FEWEST_WORDS, 4.0, TOO_SHORT),
        (FEWEST_WORDS <= traits.words < SHORT_WORDS, 2.5, MORE_DETAIL),
        (traits.words > LONG_WORDS, 1.0, TOO_LONG),
        (not traits.acts, 2.0, NO_ACTION),
        (not traits.placed, 1.5, NO_PLACE),
        (not traits.lit, 1.0, NO_LIGHT),
        (traits.vague > VAGUE_SHARE * traits.words, 2.0, VAGUE),
        (traits.scenes > LONGEST_FILM_SCENES, 3.0, TOO_MANY_SCENES.format(scenes=traits.scenes)),
    )
    return [(points, said) for applies, points, said in rules if applies]


def _traits(prompt: str) -> _Traits:
    words = [word.casefold() for word in WORD.findall(prompt)]
    return _Traits(
        words=len(words),
        vague=sum(word in VAGUE_WORDS for word in words),
        scenes=_scenes(prompt, words),
        acts=any(word.startswith(ACTION_STEMS) for word in words),
        placed=any(word in PLACE_WORDS for word in words),
        lit=any(word.startswith(LIGHT_STEMS) for word in words),
    )


def _scenes(prompt: str, words: list[str]) -> int:
    """A scene lasts a few sentences, unless a word such as “then” begins another."""
    sentences = sum(bool(WORD.search(part)) for part in SENTENCE_END.split(prompt))
    turns = 1 + sum(word in NEXT_WORDS for word in words)
    return max(1, -(-sentences // SENTENCES_PER_SCENE), turns)
