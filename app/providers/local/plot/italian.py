"""Italian phrases of the planner."""

from app.providers.local.plot.phrases import Phrases
from app.providers.video import CameraCommand

__all__ = ["ITALIAN"]

ITALIAN = Phrases(
    language="it",
    words_per_second=2.5,
    small_words=(
        "il lo la gli le i e è una un uno che di del della dei "
        "delle nel nella in con per non si suo sua suoi come ma più "
        "questo questa a al alla da dal dalla su sul sulla tra fra o ed ad era ha"
    ),
    clause_openers="che cui chi dove perché quando mentre se benché sebbene prima dopo finché affinché come poiché",
    joiners="e ed ma poi allora però",
    last_joint=" e ",
    times={
        "dawn": ("l'alba diffonde una morbida luce rosa", "alba mattin* aurora"),
        "day": ("il giorno dà una luce chiara e uniforme", "giorno giorni mezzogiorno sole pomeriggio"),
        "sunset": ("il tramonto colora tutto d'oro e di rosso", "tramont* sera serata crepuscolo"),
        "night": ("la notte posa un freddo chiaro di luna su ogni cosa", "notte notti mezzanotte luna stella stelle"),
    },
    weathers={
        "rain": ("la pioggia brilla su ogni superficie", "piogg* piove pioveva pozzanghera*"),
        "snow": ("la neve addolcisce tutte le forme", "neve nevic* inverno ghiacci* gelo"),
        "fog": ("la nebbia cancella la distanza", "nebbia foschia bruma"),
        "storm": ("la tempesta accende il cielo di lampi", "tempest* temporale* fulmin* tuon* uragan*"),
        "wind": ("il vento muove tutto ciò che è leggero", "vento venti brezza"),
    },
    places={
        "sea": ("il mare si stende in lontananza", "mare mari oceano* spiaggi* onda onde costa porto scoglier*"),
        "lake": ("un lago calmo riposa accanto", "lago laghi stagno"),
        "river": ("un fiume attraversa l'inquadratura", "fiume fiumi ruscell*"),
        "mountains": ("le montagne chiudono l'orizzonte", "montagn* vetta valle collin*"),
        "forest": ("il bosco si alza come un muro scuro di alberi", "bosco boschi foresta foreste"),
        "city": ("la città disegna la sua linea di tetti", "città strada strade grattacieli metropolitana"),
        "desert": ("il deserto ondeggia fino all'orizzonte", "desert* duna dune"),
        "field": (
            "i campi e un villaggio si stendono in larghe fasce",
            "campo campi prato prati villaggi* fattoria giardin*",
        ),
        "room": (
            "la stanza tiene la scena in una calda penombra",
            "stanza stanze cucina officina soffitta biblioteca camera",
        ),
        "space": ("lo spazio si apre, nero e pieno di stelle", "spazio cosmo pianet* razzo galassi* astronave*"),
    },
    moods={
        "calm": ("l'atmosfera è calma e i colori sono tenui", "calm* silenzi* lent* dolce* sogn* dorm*"),
        "joy": (
            "l'atmosfera è gioiosa e i colori sono caldi e ricchi",
            "gioia gioios* ride risa felic* ball* sorri* festa*",
        ),
        "sorrow": (
            "l'atmosfera è triste e i colori sono spenti e freddi",
            "trist* piang* lacrim* solitudine morte morì",
        ),
        "tension": (
            "l'atmosfera è tesa e i contrasti sono netti",
            "paura pericol* fugg* lotta* combatt* grid* minacci*",
        ),
        "mystery": (
            "l'atmosfera è misteriosa e le ombre sono profonde",
            "mister* segret* magi* fantasm* stran* scompar*",
        ),
        "warmth": ("l'atmosfera è tenera e la luce è calda e morbida", "amore ama amic* famiglia abbracc* cuore madre"),
    },
    subjects={
        "keeper": ("il guardiano", "guardian*"),
        "lighthouse": ("il faro", "faro fari"),
        "girl": ("la ragazza", "ragazza ragazze bambina bambine figlia sorella"),
        "boy": ("il ragazzo", "ragazzo ragazzi bambino figlio fratello"),
        "child": ("il bambino", "bambini"),
        "woman": ("la donna", "donna donne madre nonna signora"),
        "man": ("l'uomo", "uomo uomini padre nonno signore pescator*"),
        "dog": ("il cane", "cane cani cucciol*"),
        "cat": ("il gatto", "gatto gatti gatta gattin*"),
        "bird": ("l'uccello", "uccell* gabbian* gufo aquila corvo"),
        "horse": ("il cavallo", "cavall*"),
        "ship": ("la nave", "nave navi barca barche vela veliero"),
        "house": ("la casa", "casa case capanna"),
        "castle": ("il castello", "castell* fortezza"),
        "tree": ("l'albero", "albero alberi quercia"),
        "car": ("l'auto", "auto macchina automobil*"),
        "train": ("il treno", "treno treni"),
        "dragon": ("il drago", "drago draghi"),
        "robot": ("il robot", "robot*"),
        "king": ("il re", "re regina principe principessa"),
    },
    opening_shots=(
        "Campo lungo di apertura",
        "Figura intera con un orizzonte deciso",
        "Mezzo primo piano su sfondo morbido",
        "Inquadratura dal basso",
        "Vista a volo d'uccello",
    ),
    further_shots=(
        "Primo piano di un dettaglio della stessa scena",
        "Lo stesso luogo visto attraverso il primo piano",
        "Sagome in controluce nella stessa scena",
        "Piano ravvicinato che mostra la reazione",
        "Riflessi e ombre della stessa scena",
        "Campo lontano in cui la scena diventa piccola",
        "Vista di lato all'altezza degli occhi",
    ),
    cameras={
        CameraCommand.PUSH_IN: "La camera si avvicina lentamente",
        CameraCommand.PULL_OUT: "La camera si allontana lentamente",
        CameraCommand.PAN_LEFT: "La camera ruota dolcemente verso sinistra",
        CameraCommand.PAN_RIGHT: "La camera ruota dolcemente verso destra",
        CameraCommand.TILT_UP: "La camera alza lo sguardo",
        CameraCommand.TILT_DOWN: "La camera abbassa lo sguardo",
        CameraCommand.TRUCK_LEFT: "La camera scorre di lato verso sinistra",
        CameraCommand.TRUCK_RIGHT: "La camera scorre di lato verso destra",
        CameraCommand.PEDESTAL_UP: "La camera sale in verticale",
        CameraCommand.ZOOM_IN: "L'obiettivo avvicina piano l'immagine",
        CameraCommand.TRACKING_SHOT: "La camera segue il movimento nell'inquadratura",
        CameraCommand.STATIC_SHOT: "La camera resta ferma",
        CameraCommand.SHAKE: "La camera a mano trema leggermente",
    },
    flow="il movimento parte dall'ultimo fotogramma della ripresa precedente",
    start="il movimento comincia nel primo fotogramma del film",
    kept_in_view="nell'inquadratura: {subjects}",
    style="stile visivo",
    still="Fermo immagine alla fine della ripresa: {beat}; {ending}; {light}.",
    last_still="Ultima immagine del film: {beat}; {ending}; {light}.",
    endings=(
        "il motivo principale resta un po' di lato",
        "tutto si ferma al centro dell'inquadratura",
        "in alto resta molto spazio vuoto",
        "le linee guidano lo sguardo all'orizzonte",
        "il primo piano è nitido e lo sfondo è morbido",
    ),
    bridges=(
        (
            "Così comincia questa storia.",
            "Nulla annuncia ancora un cambiamento.",
            "Ogni cosa è al suo posto.",
            "Il tempo passa lentamente.",
            "C'è silenzio.",
            "Ogni dettaglio promette qualcosa.",
            "Il mondo trattiene il respiro.",
        ),
        (
            "Poi qualcosa cambia.",
            "Niente sarà più come prima.",
            "La strada continua.",
            "Nasce una domanda senza risposta.",
            "Cresce l'inquietudine.",
            "Qualcuno deve fare il primo passo.",
            "Qualcosa di nuovo aspetta.",
        ),
        (
            "Ora conta ogni istante.",
            "Non si torna più indietro.",
            "Tutto dipende da un solo momento.",
            "I cuori battono più forte.",
            "Il coraggio arriva all'ultimo momento.",
            "La risposta è ormai vicina.",
            "Questo è il momento.",
        ),
        (
            "Piano piano torna la calma.",
            "Resta un ricordo che non svanisce.",
            "Qualcosa finisce e qualcosa comincia.",
            "Adesso si può respirare.",
            "Ogni cosa ritrova il suo posto.",
            "Così finisce questa storia.",
            "Fine.",
        ),
    ),
    later=(
        "Poco dopo",
        "Subito dopo",
        "In quel silenzio",
        "Intanto",
        "Un passo più in là",
        "Ancora una volta",
        "Più tardi",
        "Di nuovo",
    ),
    untitled="Una breve storia",
    notes=(
        "Un solo stile in tutto il film; all'inizio {light}. "
        "{subjects}Ogni ripresa comincia nell'immagine in cui finisce "
        "la precedente; i personaggi, gli abiti e i luoghi non cambiano."
    ),
    foreign_note=(
        "La storia è in un'altra lingua e questo pianificatore non traduce: la narrazione la accompagna soltanto."
    ),
)
