"""Words by which a prompt shows a place, an action, a light or nothing in particular, in seven languages."""

from typing import Final

__all__ = ["ACTION_STEMS", "LIGHT_STEMS", "NEXT_WORDS", "PLACE_WORDS", "VAGUE_WORDS"]

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
