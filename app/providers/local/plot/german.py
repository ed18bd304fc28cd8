"""German phrases of the planner."""

from app.providers.local.plot.phrases import Phrases
from app.providers.video import CameraCommand

__all__ = ["GERMAN"]

GERMAN = Phrases(
    language="de",
    words_per_second=2.2,
    keeps_capitals=True,
    small_words=(
        "der die das und ist nicht ein eine einen einem einer mit "
        "sich auf den dem des für von er sie es war wird im zum "
        "zur aber auch in an am zu aus bei nach um über unter vor ihr sein seine ihre oder so als durch ins"
    ),
    clause_openers=(
        "weil dass wenn während obwohl bis bevor nachdem damit "
        "sobald falls ob welcher welche welches deren dessen denen "
        "wo wohin woher wie"
    ),
    joiners="und aber doch dann plötzlich denn",
    last_joint=", und ",
    times={
        "dawn": ("die Morgendämmerung breitet sanftes rosa Licht aus", "morgen* morgens dämmerung sonnenaufgang*"),
        "day": ("der Tag gibt klares, gleichmäßiges Licht", "tag tages tage mittag* sonne sonnig* nachmittag*"),
        "sunset": ("der Sonnenuntergang färbt alles golden und rot", "sonnenuntergang* abend* dämmert"),
        "night": ("die Nacht legt kühles Mondlicht über alles", "nacht nachts nächt* mitternacht mond* stern*"),
    },
    weathers={
        "rain": ("der Regen glänzt auf jeder Fläche", "regen* regnet* pfütze* niesel*"),
        "snow": ("der Schnee glättet alle Formen", "schnee* schneit* winter* frost* eis eisig*"),
        "fog": ("der Nebel verwischt die Ferne", "nebel* dunst*"),
        "storm": ("ein Sturm erhellt den Himmel mit Blitzen", "sturm* stürm* gewitter* blitz* donner* orkan*"),
        "wind": ("der Wind bewegt alles, was leicht ist", "wind winde windig* brise"),
    },
    places={
        "sea": ("das Meer zieht sich in die Ferne", "meer* ozean* strand* welle* küste* hafen* klippe*"),
        "lake": ("ein ruhiger See liegt daneben", "see teich*"),
        "river": ("ein Fluss läuft durch das Bild", "fluss* flüsse* bach bäche*"),
        "mountains": ("Berge schließen den Horizont", "berg* gebirge* gipfel* tal hügel*"),
        "forest": ("der Wald steht als dunkle Wand aus Bäumen", "wald* wälder* lichtung*"),
        "city": ("die Stadt zeichnet ihre Linie aus Dächern", "stadt* städt* straße* hochhaus* gasse*"),
        "desert": ("die Wüste rollt bis zum Horizont", "wüste* düne*"),
        "field": (
            "Felder und ein Dorf liegen in breiten Streifen",
            "feld* wiese* dorf* dörf* bauernhof* garten* gärten*",
        ),
        "room": (
            "das Zimmer hält die Szene in warmem Halbschatten",
            "zimmer* küche* werkstatt* dachboden* bibliothek*",
        ),
        "space": (
            "der Weltraum öffnet sich schwarz und voller Sterne",
            "weltraum* weltall* planet* rakete* galaxi* raumschiff*",
        ),
    },
    moods={
        "calm": (
            "die Stimmung ist ruhig, die Farben sind gedämpft",
            "ruhig* still* leise* langsam* traum* träum* schlaf*",
        ),
        "joy": (
            "die Stimmung ist fröhlich, die Farben sind warm und satt",
            "freu* lach* glück* fröhlich* tanz* lächel* feier*",
        ),
        "sorrow": (
            "die Stimmung ist traurig, die Farben sind blass und kühl",
            "traur* wein* träne* einsam* verlor* tot starb",
        ),
        "tension": (
            "die Stimmung ist gespannt, die Kontraste sind scharf",
            "angst* gefahr* flieh* floh kampf* kämpf* schrei* jagd*",
        ),
        "mystery": (
            "die Stimmung ist geheimnisvoll, die Schatten sind tief",
            "geheim* rätsel* magi* zauber* geist* seltsam* verschw*",
        ),
        "warmth": (
            "die Stimmung ist zärtlich, das Licht ist warm und weich",
            "liebe* freund* familie* umarm* herz* mutter großmutter",
        ),
    },
    subjects={
        "keeper": ("der Wärter", "wärter* leuchtturmwärter*"),
        "lighthouse": ("der Leuchtturm", "leuchtturm leuchtturms leuchttürm*"),
        "girl": ("das Mädchen", "mädchen* tochter schwester"),
        "boy": ("der Junge", "junge jungen sohn bruder"),
        "child": ("das Kind", "kind kinder kindes"),
        "woman": ("die Frau", "frau frauen mutter großmutter"),
        "man": ("der Mann", "mann männer vater großvater fischer*"),
        "dog": ("der Hund", "hund hunde hundes welpe*"),
        "cat": ("die Katze", "katze* kater kätzchen"),
        "bird": ("der Vogel", "vogel* vögel* möwe* eule* adler* rabe*"),
        "horse": ("das Pferd", "pferd*"),
        "ship": ("das Schiff", "schiff* boot* segel* kutter*"),
        "house": ("das Haus", "haus häuser hütte*"),
        "castle": ("die Burg", "burg* schloss*"),
        "tree": ("der Baum", "baum bäume* eiche*"),
        "car": ("das Auto", "auto autos wagen"),
        "train": ("der Zug", "zug züge*"),
        "dragon": ("der Drache", "drache*"),
        "robot": ("der Roboter", "roboter*"),
        "king": ("der König", "könig* prinz*"),
    },
    opening_shots=(
        "Weite Einstellung zur Eröffnung",
        "Totale mit klarem Horizont",
        "Halbnahe vor weichem Hintergrund",
        "Aufnahme aus niedriger Sicht",
        "Blick aus der Vogelperspektive",
    ),
    further_shots=(
        "Nahaufnahme eines Details derselben Szene",
        "Derselbe Ort durch den Vordergrund gesehen",
        "Silhouetten im Gegenlicht in derselben Szene",
        "Nahe Einstellung, die die Reaktion zeigt",
        "Spiegelungen und Schatten derselben Szene",
        "Ferne Einstellung, in der die Szene klein wird",
        "Seitenansicht auf Augenhöhe",
    ),
    cameras={
        CameraCommand.PUSH_IN: "Die Kamera fährt langsam näher",
        CameraCommand.PULL_OUT: "Die Kamera zieht sich langsam zurück",
        CameraCommand.PAN_LEFT: "Die Kamera schwenkt ruhig nach links",
        CameraCommand.PAN_RIGHT: "Die Kamera schwenkt ruhig nach rechts",
        CameraCommand.TILT_UP: "Die Kamera hebt den Blick",
        CameraCommand.TILT_DOWN: "Die Kamera senkt den Blick",
        CameraCommand.TRUCK_LEFT: "Die Kamera gleitet seitlich nach links",
        CameraCommand.TRUCK_RIGHT: "Die Kamera gleitet seitlich nach rechts",
        CameraCommand.PEDESTAL_UP: "Die Kamera steigt senkrecht auf",
        CameraCommand.ZOOM_IN: "Das Objektiv holt das Bild sanft heran",
        CameraCommand.TRACKING_SHOT: "Die Kamera folgt der Bewegung im Bild",
        CameraCommand.STATIC_SHOT: "Die Kamera steht still",
        CameraCommand.SHAKE: "Die Handkamera zittert leicht",
    },
    flow="die Bewegung setzt im letzten Bild der vorigen Einstellung ein",
    start="die Bewegung beginnt im ersten Bild des Films",
    kept_in_view="im Bild: {subjects}",
    style="Bildstil",
    still="Standbild am Ende der Einstellung: {beat}; {ending}; {light}.",
    last_still="Letztes Bild des Films: {beat}; {ending}; {light}.",
    endings=(
        "das Hauptmotiv steht leicht seitlich",
        "alles kommt in der Bildmitte zur Ruhe",
        "oben bleibt viel leerer Raum",
        "die Linien führen den Blick zum Horizont",
        "der Vordergrund ist scharf und der Hintergrund weich",
    ),
    bridges=(
        (
            "So beginnt diese Geschichte.",
            "Noch deutet nichts auf eine Wende hin.",
            "Alles hat hier seinen Platz.",
            "Die Zeit vergeht langsam.",
            "Es ist still.",
            "Jede Kleinigkeit verspricht etwas.",
            "Die Welt hält den Atem an.",
        ),
        (
            "Dann ändert sich etwas.",
            "Nichts wird mehr sein wie zuvor.",
            "Der Weg führt weiter.",
            "Eine Frage bleibt ohne Antwort.",
            "Die Unruhe wächst.",
            "Jemand muss den ersten Schritt tun.",
            "Etwas Neues wartet.",
        ),
        (
            "Jetzt zählt jeder Augenblick.",
            "Es gibt kein Zurück.",
            "Alles hängt an einem Augenblick.",
            "Herzen schlagen schneller.",
            "Der Mut kommt im letzten Moment.",
            "Die Antwort ist ganz nah.",
            "Das ist der Moment.",
        ),
        (
            "Langsam kehrt Ruhe ein.",
            "Eine Erinnerung bleibt und verblasst nicht.",
            "Etwas endet, und etwas beginnt.",
            "Jetzt darf man aufatmen.",
            "Alles findet seinen Platz wieder.",
            "So endet diese Geschichte.",
            "Ende.",
        ),
    ),
    later=(
        "Kurz darauf",
        "Gleich danach",
        "In dieser Stille",
        "Inzwischen",
        "Einen Schritt weiter",
        "Noch einmal",
        "Später",
        "Immer noch",
    ),
    untitled="Eine kurze Geschichte",
    notes=(
        "Ein Stil durch den ganzen Film; zu Beginn: {light}. "
        "{subjects}Jede Einstellung beginnt in dem Bild, in dem die "
        "vorige endet; Figuren, Kleidung und Orte ändern sich nicht."
    ),
    foreign_note=(
        "Die Geschichte ist in einer anderen Sprache, und dieser Planer übersetzt nicht: Die Erzählung begleitet nur."
    ),
)
