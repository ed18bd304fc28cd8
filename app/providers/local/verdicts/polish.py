"""What is judged in Polish texts."""

from app.providers.local.verdicts.patterns import Rule

HARMLESS = """
jądro|jądra ziemi|atomu|komórki
nagi|naga skał*|prawda
"""
MINORS = (
    "dziecko dziecka dzieci dziećmi dzieckiem dziecięc* nieletni* małoletni* uczennic* dziewczynk* chłopczyk* nastolat*"
)
SEXUAL_ACTS = "seks seksu seksem seksualn* porno* nago erotyczn* orgazm* masturb* ruchan*"
GROUPS = (
    "żydów|żydom|żydzi|muzułmanów|muzułmanie|czarnych|gejów|"
    "geje|imigrantów|imigranci|uchodźców|cyganów|arabów|ukraińców"
)
POLISH = (
    Rule(
        "sexual/minors",
        0.98,
        ("dziecięc* porno*\nporno* dziecięc*\nporno* z .. dzieckiem|dziećmi\nporno* z udziałem .. dzieci"),
    ),
    Rule("sexual/minors", 0.2, "pedofil*"),
    Rule("sexual", 0.9, "porno*\nseks oralny|analny|grupowy\nostry seks\nruchanie|ruchali|ruchać|wyruchać"),
    Rule("sexual", 0.6, "scena|sceny|scenę seksu\nuprawia* seks\nmasturb*\norgazm*\norgia|orgie|orgii"),
    Rule("sexual", 0.3, "nago|nagie|nagi|naga\nerotyczn*\nseks|seksu"),
    Rule("hate", 0.95, "czarnuch*\nciapat*\nżydek|żydki|żydków\npodludzie|podludzi"),
    Rule("hate", 0.85, f"biała siła\nheil hitler\njebać {GROUPS}\n{GROUPS} to robactwo|pasożyty|zwierzęta|podludzie"),
    Rule("hate/threatening", 0.95, f"zabić|zabijcie|zagazować|powiesić|wybić|gazować .. {GROUPS}\nśmierć {GROUPS}"),
    Rule(
        "harassment", 0.8, "zabij się\nty .. kurwo|szmato|suko|śmieciu|debilu\npierdol się|cię\njebać cię\nwypierdalaj"
    ),
    Rule(
        "harassment/threatening", 0.88, "znajdę cię .. zabiję|zgwałcę\nwiem gdzie mieszkasz\nzabiję cię i twoją rodzinę"
    ),
    Rule("self-harm/intent", 0.85, "chcę się zabić\nzabiję się\nchcę skończyć ze sobą\nchcę popełnić samobójstwo"),
    Rule("self-harm/intent", 0.6, "chcę .. umrzeć"),
    Rule(
        "self-harm/instructions",
        0.95,
        "jak .. się zabić|powiesić|otruć\njak popełnić samobójstwo\nsposób|sposoby na samobójstwo\nzabij się",
    ),
    Rule(
        "self-harm",
        0.8,
        "tnę się\nciąć|tnie|cięła|ciął się .. żyletk*|nadgarstk*\npodci* .. żyły\npopełni* samobójstwo",
    ),
    Rule("self-harm", 0.5, "samobój*"),
    Rule(
        "violence/graphic",
        0.8,
        "rozczłonkow*\npoćwiartow*\nwypatrosz*\nodcię*|odrąb* .. głow*\nwnętrzności\nobdar* .. ze skóry",
    ),
    Rule(
        "violence/graphic",
        0.8,
        "krew .. tryska*|bryzga*\nflaki .. wypływ*|wypad*\nzmiażdż*|rozłup* .. czaszk*\ntorturow* .. śmierci",
    ),
    Rule("violence", 0.4, "zabi|zabił|zabiła|zabić|zabija|morder*|mordow*|zamordow*|masakr*|dźgn*"),
    Rule(
        "illicit",
        0.92,
        (
            "jak .. zrobić|ugotować|wyprodukować|kupić|sprzedać .. "
            "amfetamin*|metamfetamin*|kokain*|heroin*|narkotyk*|fentanyl*"
        ),
    ),
    Rule("illicit", 0.7, "jak .. ukraść|podrobić|wyprać .. kart*|samoch*|dowód|paszport*|pieniądze|tożsamość"),
    Rule(
        "illicit/violent",
        0.92,
        "jak .. zrobić|zbudować|skonstruować .. bomb*|granat*|materiał|ładunek|napalm",
    ),
    Rule("illicit/violent", 0.92, "kupić .. nielegaln* broń\nwynająć .. płatnego zabójcę"),
)
