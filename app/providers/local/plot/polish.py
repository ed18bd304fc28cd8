"""Polish phrases of the planner."""

from app.providers.local.plot.phrases import Phrases
from app.providers.video import CameraCommand

__all__ = ["POLISH"]

POLISH = Phrases(
    language="pl",
    words_per_second=2.2,
    small_words=(
        "się że nie jest jak ale jego jej ich już był była było "
        "tym tej ten ta to te tego która który które gdy czy oraz "
        "przez i w z a o u na do od za po pod nad przed dla przy bez ku ze we lecz więc aby żeby bo lub albo są tak"
    ),
    clause_openers=(
        "który która które którzy którego której któremu którym których że żeby aby bo ponieważ gdyż gdy kiedy jeśli "
        "jeżeli choć chociaż dopóki zanim skoro jakby gdzie dokąd skąd co czyli jak niż"
    ),
    joiners="a ale i lecz więc potem wtedy nagle jednak",
    last_joint=", a ",
    times={
        "dawn": (
            "świt rozlewa miękkie, różowe światło",
            "świt świtu świtem świci* świcie świtan* poranek poran* rano wschod* brzask*",
        ),
        "day": ("dzień daje jasne, równe światło", "dzień dnia południ* słoneczn* słońc*"),
        "sunset": (
            "zachód słońca barwi wszystko złotem i czerwienią",
            "zachód zachodz* zachodem wieczor* wieczór zmierzch*",
        ),
        "night": (
            "noc kładzie na wszystkim chłodny blask księżyca",
            "noc nocy nocą nocn* nocami północ* księżyc* gwiazd*",
        ),
    },
    weathers={
        "rain": ("deszcz lśni na każdej powierzchni", "deszcz* ulew* mżawk* kałuż* pada padał*"),
        "snow": ("śnieg wygładza wszystkie kształty", "śnieg* śnież* zima zimą zimow* mróz mroz* lód lodow*"),
        "fog": ("mgła rozmywa dalekie plany", "mgła mgły mgłę mgle mgłą mglist* opar*"),
        "storm": ("burza rozświetla niebo błyskawicami", "burz* sztorm* piorun* grzmot* błyskawic* wichur* huragan*"),
        "wind": ("wiatr porusza wszystkim, co lekkie", "wiatr* wiej* wiał*"),
    },
    places={
        "sea": (
            "w głębi ciągnie się morze",
            "morz* morsk* ocean* plaż* fal fale fali wybrzeż* zatok* port portu porcie klif* skały skałach",
        ),
        "lake": ("obok leży spokojne jezioro", "jezior* staw stawu stawie"),
        "river": ("przez kadr płynie rzeka", "rzek* rzec* strumie* potok*"),
        "mountains": ("góry zamykają horyzont", "gór góra góry górę górą górach górsk* szczyt* dolin*"),
        "forest": ("las tworzy ciemną ścianę drzew", "las lasu lesie lasem leśn* puszcz* polan*"),
        "city": ("miasto rysuje się liniami dachów", "miast* miejsk* ulic* rynk* rynek wieżow* tramwaj* metro"),
        "desert": ("pustynia faluje aż po horyzont", "pustyn* wydm*"),
        "field": (
            "pola i wieś układają się w szerokie pasy",
            "pole pola polu łąk* wieś wsi wiosc* wioska sad sadu ogród ogrod*",
        ),
        "room": (
            "wnętrze otacza scenę ciepłym półcieniem",
            "pokój pokoj* kuchni* sypialn* wnętrz* warsztat* strych* salon* bibliotek*",
        ),
        "space": ("kosmos otwiera się czernią pełną gwiazd", "kosm* planet* orbit* galakty* rakiet*"),
    },
    moods={
        "calm": ("nastrój jest spokojny, a barwy stonowane", "spok* cisz* cich* powol* łagod* sen snu śni*"),
        "joy": (
            "nastrój jest radosny, a barwy ciepłe i nasycone",
            "rado* śmie* szczęś* weso* świętow* taniec tańcz* uśmiech*",
        ),
        "sorrow": (
            "nastrój jest smutny, a barwy przygaszone i chłodne",
            "smut* płacz* płaka* łzy łez samotn* żal* tęskn* umar* śmier*",
        ),
        "tension": (
            "nastrój jest pełen napięcia, a kontrasty ostre",
            "strach* boi bał* niebezp* uciek* ucie* walk* walcz* krzy* nagle gon* zagroż*",
        ),
        "mystery": (
            "nastrój jest tajemniczy, a cienie głębokie",
            "tajem* zagad* sekret* magi* czar* duch* dziwn* nieznan* zniknę*",
        ),
        "warmth": (
            "nastrój jest czuły, a światło ciepłe i miękkie",
            "miłoś* koch* przyja* dom domu rodzin* tuli* serce serca matk* babci* dziad*",
        ),
    },
    subjects={
        "keeper": ("latarnik", "latarnik*"),
        "lighthouse": ("latarnia morska", "latarnia latarni latarnię latarnią"),
        "girl": ("dziewczynka", "dziewczyn*"),
        "boy": ("chłopiec", "chłop*"),
        "child": ("dziecko", "dzieck* dzieci*"),
        "woman": ("kobieta", "kobiet* pani matka matk* babcia babci*"),
        "man": ("mężczyzna", "mężczy* starzec starc* starusz* pan ojciec ojca dziadek dziadk* rybak*"),
        "dog": ("pies", "pies psa psu psem psy psów"),
        "cat": ("kot", "kot kota kotu kotem koty kotka kotek kotk*"),
        "bird": ("ptak", "ptak* mew* sow* orzeł orł* kruk*"),
        "horse": ("koń", "koń koni* konia"),
        "ship": ("statek", "statek statk* okręt* łódź łodzi* łódk* żagl* kuter kutr*"),
        "house": ("dom", "dom domu domek domk* chat* chałup*"),
        "castle": ("zamek", "zamek zamk* twierdz*"),
        "tree": ("drzewo", "drzew* dąb dębu"),
        "car": ("samochód", "samoch* auto auta"),
        "train": ("pociąg", "pociąg*"),
        "dragon": ("smok", "smok*"),
        "robot": ("robot", "robot*"),
        "king": ("król", "król królow* króla"),
    },
    opening_shots=(
        "Szeroki plan otwierający",
        "Plan pełny z mocną linią horyzontu",
        "Półzbliżenie z miękkim tłem",
        "Ujęcie z niskiego kąta",
        "Plan ogólny z lotu ptaka",
    ),
    further_shots=(
        "Zbliżenie na szczegół tej samej sceny",
        "To samo miejsce widziane przez pierwszy plan",
        "Sylwetki pod światło w tej samej scenie",
        "Bliski plan pokazujący reakcję",
        "Odbicia i cienie tej samej sceny",
        "Daleki plan, w którym scena maleje",
        "Ujęcie z boku, na wysokości oczu",
    ),
    cameras={
        CameraCommand.PUSH_IN: "Kamera powoli podjeżdża bliżej",
        CameraCommand.PULL_OUT: "Kamera powoli się oddala",
        CameraCommand.PAN_LEFT: "Kamera obraca się płynnie w lewo",
        CameraCommand.PAN_RIGHT: "Kamera obraca się płynnie w prawo",
        CameraCommand.TILT_UP: "Kamera unosi spojrzenie ku górze",
        CameraCommand.TILT_DOWN: "Kamera opuszcza spojrzenie w dół",
        CameraCommand.TRUCK_LEFT: "Kamera sunie bokiem w lewo",
        CameraCommand.TRUCK_RIGHT: "Kamera sunie bokiem w prawo",
        CameraCommand.PEDESTAL_UP: "Kamera wznosi się pionowo",
        CameraCommand.ZOOM_IN: "Obiektyw łagodnie zbliża obraz",
        CameraCommand.TRACKING_SHOT: "Kamera podąża za ruchem w kadrze",
        CameraCommand.STATIC_SHOT: "Kamera stoi nieruchomo",
        CameraCommand.SHAKE: "Kamera lekko drży z ręki",
    },
    flow="ruch zaczyna się dokładnie w ostatnim kadrze poprzedniego ujęcia",
    start="ruch zaczyna się w pierwszym kadrze filmu",
    kept_in_view="w kadrze: {subjects}",
    style="styl obrazu",
    still="Nieruchomy kadr na końcu ujęcia: {beat}; {ending}; {light}.",
    last_still="Ostatni kadr filmu: {beat}; {ending}; {light}.",
    endings=(
        "główny motyw stoi lekko z boku",
        "wszystko zastyga w środku kadru",
        "dużo pustej przestrzeni zostaje u góry",
        "linie prowadzą wzrok ku horyzontowi",
        "pierwszy plan jest ostry, a tło miękkie",
    ),
    bridges=(
        (
            "Tak zaczyna się ta historia.",
            "Jeszcze nic nie zapowiada zmiany.",
            "Wszystko ma tu swoje miejsce.",
            "Czas płynie powoli.",
            "Trwa cisza.",
            "Każdy szczegół coś obiecuje.",
            "Świat wstrzymuje oddech.",
        ),
        (
            "Potem coś się zmienia.",
            "Nic nie będzie już takie samo.",
            "Droga prowadzi dalej.",
            "Pojawia się pytanie bez odpowiedzi.",
            "Rośnie niepokój.",
            "Trzeba zrobić pierwszy krok.",
            "Za rogiem czeka coś nowego.",
        ),
        (
            "Teraz liczy się każda chwila.",
            "Nie ma już odwrotu.",
            "Wszystko waży się w jednym momencie.",
            "Serce bije mocniej.",
            "Odwaga przychodzi w ostatniej chwili.",
            "Odpowiedź jest już blisko.",
            "To ten moment.",
        ),
        (
            "Powoli wraca spokój.",
            "Zostaje wspomnienie, które nie gaśnie.",
            "Coś się kończy, a coś zaczyna.",
            "Teraz można odetchnąć.",
            "Wszystko wraca na swoje miejsce.",
            "Tak kończy się ta opowieść.",
            "Koniec.",
        ),
    ),
    later=("Chwilę później", "Zaraz potem", "W tej ciszy", "Tymczasem", "Krok dalej", "I znowu", "Po chwili", "Wciąż"),
    untitled="Krótka opowieść",
    notes=(
        "Jeden styl przez cały film; na początku {light}. {subjects}Każde ujęcie zaczyna się w kadrze, "
        "w którym skończyło się poprzednie; postacie, stroje i miejsca się nie zmieniają."
    ),
    foreign_note="Opowieść jest w innym języku, a ten planista nie tłumaczy: narracja tylko towarzyszy obrazom.",
)
