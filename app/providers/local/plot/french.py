"""French phrases of the planner."""

from app.providers.local.plot.phrases import Phrases
from app.providers.video import CameraCommand

__all__ = ["FRENCH"]

FRENCH = Phrases(
    language="fr",
    words_per_second=2.7,
    small_words=(
        "le la les et est une un des de dans qui que pas pour sur "
        "avec il elle son sa ses du au aux ce cette se ne en à "
        "par ou mais si plus comme vers sous entre leur leurs nous vous je tu on y"
    ),
    clause_openers=(
        "qui que dont où parce puisque quand lorsque si bien quoique avant après afin pendant comme comment pourquoi"
    ),
    joiners="et mais puis alors soudain pourtant",
    last_joint=" et ",
    times={
        "dawn": ("l'aube répand une douce lumière rose", "aube matin matinée aurore"),
        "day": ("le jour donne une lumière claire et égale", "jour journée midi soleil après-midi"),
        "sunset": ("le coucher de soleil teinte tout d'or et de rouge", "coucher crépuscule soir soirée"),
        "night": ("la nuit pose un clair de lune froid sur tout", "nuit nuits minuit lune étoile étoiles"),
    },
    weathers={
        "rain": ("la pluie brille sur chaque surface", "pluie* pleut pleuvait averse* flaque*"),
        "snow": ("la neige adoucit toutes les formes", "neige* hiver gel glace"),
        "fog": ("le brouillard efface les lointains", "brouillard* brume*"),
        "storm": ("l'orage éclaire le ciel d'éclairs", "orage* tempête* foudre tonnerre ouragan*"),
        "wind": ("le vent agite tout ce qui est léger", "vent vents brise"),
    },
    places={
        "sea": ("la mer s'étend vers le lointain", "mer mers océan* plage* vague* côte port falaise*"),
        "lake": ("un lac calme repose à côté", "lac lacs étang*"),
        "river": ("une rivière traverse le cadre", "rivière* fleuve* ruisseau*"),
        "mountains": ("les montagnes ferment l'horizon", "montagne* sommet* vallée* colline*"),
        "forest": ("la forêt dresse un mur sombre d'arbres", "forêt* bois clairière*"),
        "city": ("la ville dessine sa ligne de toits", "ville* rue rues boulevard* métro"),
        "desert": ("le désert ondule jusqu'à l'horizon", "désert déserts dune*"),
        "field": (
            "les champs et un village s'étendent en larges bandes",
            "champ champs village* prairie* ferme* jardin*",
        ),
        "room": (
            "la chambre garde la scène dans une pénombre chaude",
            "chambre* cuisine* atelier* grenier* bibliothèque* salon*",
        ),
        "space": ("l'espace s'ouvre, noir et plein d'étoiles", "espace cosmos planète* fusée* galaxie*"),
    },
    moods={
        "calm": ("l'ambiance est calme, les couleurs sont sobres", "calme* silenc* lent* douce* paisib* rêv* dort*"),
        "joy": (
            "l'ambiance est joyeuse, les couleurs sont chaudes et riches",
            "joie* joyeu* ri rire* heureu* dans* souri* fête*",
        ),
        "sorrow": (
            "l'ambiance est triste, les couleurs sont pâles et froides",
            "trist* pleur* larme* seul* deuil mort",
        ),
        "tension": (
            "l'ambiance est tendue, les contrastes sont vifs",
            "peur* danger* fuir fuit combat* cri crie* menac*",
        ),
        "mystery": (
            "l'ambiance est mystérieuse, les ombres sont profondes",
            "mystèr* secret* magi* fantôme* étrange* dispar*",
        ),
        "warmth": (
            "l'ambiance est tendre, la lumière est chaude et douce",
            "amour* aime* ami amie amis famille* coeur* cœur* mère",
        ),
    },
    subjects={
        "keeper": ("le gardien", "gardien*"),
        "lighthouse": ("le phare", "phare phares"),
        "girl": ("la fille", "fille filles fillette* soeur sœur"),
        "boy": ("le garçon", "garçon* fils frère"),
        "child": ("l'enfant", "enfant*"),
        "woman": ("la femme", "femme* mère grand-mère dame"),
        "man": ("l'homme", "homme* père grand-père pêcheur*"),
        "dog": ("le chien", "chien*"),
        "cat": ("le chat", "chat chats chaton*"),
        "bird": ("l'oiseau", "oiseau* mouette* hibou* aigle* corbeau*"),
        "horse": ("le cheval", "cheval chevaux"),
        "ship": ("le bateau", "bateau* navire* voile* barque*"),
        "house": ("la maison", "maison* cabane*"),
        "castle": ("le château", "château* forteresse*"),
        "tree": ("l'arbre", "arbre* chêne*"),
        "car": ("la voiture", "voiture*"),
        "train": ("le train", "train trains"),
        "dragon": ("le dragon", "dragon*"),
        "robot": ("le robot", "robot*"),
        "king": ("le roi", "roi rois reine* prince*"),
    },
    opening_shots=(
        "Plan large d'ouverture",
        "Plan d'ensemble à l'horizon marqué",
        "Plan rapproché sur fond doux",
        "Contre-plongée",
        "Vue à vol d'oiseau",
    ),
    further_shots=(
        "Gros plan sur un détail de la même scène",
        "Le même lieu vu à travers le premier plan",
        "Silhouettes à contre-jour dans la même scène",
        "Plan serré qui montre la réaction",
        "Reflets et ombres de la même scène",
        "Plan lointain où la scène devient petite",
        "Vue de côté à hauteur des yeux",
    ),
    cameras={
        CameraCommand.PUSH_IN: "La caméra s'approche lentement",
        CameraCommand.PULL_OUT: "La caméra recule lentement",
        CameraCommand.PAN_LEFT: "La caméra pivote doucement vers la gauche",
        CameraCommand.PAN_RIGHT: "La caméra pivote doucement vers la droite",
        CameraCommand.TILT_UP: "La caméra lève le regard",
        CameraCommand.TILT_DOWN: "La caméra baisse le regard",
        CameraCommand.TRUCK_LEFT: "La caméra glisse de côté vers la gauche",
        CameraCommand.TRUCK_RIGHT: "La caméra glisse de côté vers la droite",
        CameraCommand.PEDESTAL_UP: "La caméra s'élève à la verticale",
        CameraCommand.ZOOM_IN: "L'objectif rapproche doucement l'image",
        CameraCommand.TRACKING_SHOT: "La caméra suit le mouvement dans le cadre",
        CameraCommand.STATIC_SHOT: "La caméra reste immobile",
        CameraCommand.SHAKE: "La caméra à l'épaule tremble légèrement",
    },
    flow="le mouvement part de la dernière image du plan précédent",
    start="le mouvement commence à la première image du film",
    kept_in_view="dans le cadre : {subjects}",
    style="style visuel",
    still="Image fixe à la fin du plan : {beat} ; {ending} ; {light}.",
    last_still="Dernière image du film : {beat} ; {ending} ; {light}.",
    endings=(
        "le motif principal se tient un peu de côté",
        "tout s'arrête au centre du cadre",
        "beaucoup d'espace vide reste en haut",
        "les lignes mènent le regard vers l'horizon",
        "le premier plan est net et le fond est doux",
    ),
    bridges=(
        (
            "C'est ainsi que commence l'histoire.",
            "Rien n'annonce encore le changement.",
            "Chaque chose est à sa place.",
            "Le temps passe lentement.",
            "Tout est silencieux.",
            "Chaque détail porte une promesse.",
            "Le monde retient son souffle.",
        ),
        (
            "Puis quelque chose change.",
            "Rien ne sera plus comme avant.",
            "Le chemin continue.",
            "Une question reste sans réponse.",
            "L'inquiétude grandit.",
            "Il faut faire le premier pas.",
            "Quelque chose de nouveau attend.",
        ),
        (
            "Maintenant, chaque instant compte.",
            "Il n'y a plus de retour.",
            "Tout tient à un seul moment.",
            "Les cœurs battent plus vite.",
            "Le courage vient au dernier moment.",
            "La réponse est toute proche.",
            "C'est le moment.",
        ),
        (
            "Peu à peu, le calme revient.",
            "Un souvenir reste et ne s'efface pas.",
            "Quelque chose finit, quelque chose commence.",
            "On peut enfin respirer.",
            "Chaque chose retrouve sa place.",
            "Ainsi finit cette histoire.",
            "Fin.",
        ),
    ),
    later=(
        "Un peu plus tard",
        "Juste après",
        "Dans ce silence",
        "Pendant ce temps",
        "Un pas plus loin",
        "Encore une fois",
        "Ensuite",
        "Toujours",
    ),
    untitled="Une courte histoire",
    notes=(
        "Un seul style dans tout le film ; au début, {light}. {subjects}Chaque plan commence dans l'image où finit le "
        "précédent ; les personnages, les vêtements et les lieux ne changent pas."
    ),
    foreign_note=(
        "L'histoire est dans une autre langue et ce planificateur ne traduit pas : la narration l'accompagne seulement."
    ),
)
