"""What is judged in French, Spanish, German, Italian and Portuguese texts: the gravest things only."""

from app.providers.local.verdicts.patterns import Rule

MINORS = "enfant* mineure fillette* kinder minderjahrig* nino ninos nina ninas menor menores bambin* minorenn* crianca*"
SEXUAL_ACTS = "sexe sexo sesso sexuel* sexuell* sexuais nackt* desnud* porno* porn"
OTHERS = (
    Rule("sexual/minors", 0.98, "kinderporno*\npédopornographi*\npornografia infantil\npedopornografi*"),
    Rule("sexual/minors", 0.2, "pédophil*|pädophil*|pedofil*|pederast*"),
    Rule("sexual", 0.9, "porno*\nhardcore sex|sexe|sexo|sesso\nfellation\nmamada\npompino\nboquete"),
    Rule(
        "hate",
        0.95,
        (
            "sale|sales juif|juifs|arabe|arabes|nègre|nègres\nnegro|negros "
            "de mierda\nsporco negro|ebreo\nkanake|kanaken\nbougnoul*"
        ),
    ),
    Rule("hate", 0.95, "judensau\nsudaca de mierda\nsieg heil\npreto imundo"),
    Rule(
        "hate/threatening",
        0.95,
        "mort aux juifs|arabes\nmuerte a los judíos|moros\ntod den juden\njuden ins gas\nmorte agli|aos ebrei|judeus",
    ),
    Rule(
        "harassment",
        0.8,
        (
            "bring dich um\nsuicide toi\nmátate\nammazzati\nmata te\n"
            "fils de pute\nhijo de puta\nhurensohn\nfiglio di puttana"
        ),
    ),
    Rule(
        "self-harm/intent",
        0.85,
        "je veux mourir|me tuer\nquiero morir|matarme\nich will sterben\nich will mich umbringen",
    ),
    Rule("self-harm/intent", 0.85, "voglio morire|uccidermi\nquero morrer|me matar"),
    Rule(
        "self-harm/instructions",
        0.95,
        (
            "comment .. se|me suicider|tuer\ncómo suicidarme|matarme\nwie .. "
            "mich umbringen|umbringe\ncome suicidarmi|uccidermi\ncomo me matar"
        ),
    ),
    Rule("self-harm", 0.5, "suicid*\nselbstmord*\nsuizid*"),
    Rule(
        "violence/graphic",
        0.8,
        (
            "décapit*|démembr*|éventr*\ndecapit*|descuartiz*|destrip*\nenthaupt*|"
            "zerstückel*|ausgeweidet*\nsmembra*|sventra*\nesquartej*|estrip*"
        ),
    ),
    Rule(
        "illicit",
        0.92,
        (
            "comment .. fabriquer|acheter .. cocaïne|méthamphétamine|héroïne\n"
            "cómo .. fabricar|comprar .. cocaína|metanfetamina|heroína"
        ),
    ),
    Rule(
        "illicit",
        0.92,
        (
            "wie .. koch*|herstell*|kauf* .. kokain|crystal|heroin\n"
            "wie .. kokain|crystal|heroin .. koch*|herstell*|kauf*\n"
            "come .. produrre|comprare .. cocaina|eroina|metanfetamina"
        ),
    ),
    Rule("illicit", 0.92, "como .. fabricar|comprar .. cocaina|heroina|metanfetamina"),
    Rule(
        "illicit/violent",
        0.92,
        "comment .. fabriquer|construire .. bombe|explosif|explosifs\ncómo .. fabricar|hacer .. bomba|explosivos",
    ),
    Rule(
        "illicit/violent",
        0.92,
        (
            "wie .. bau*|herstell* .. bombe|bomben|sprengstoff\nwie "
            ".. bombe|sprengstoff .. bau*|herstell*\ncome .. costruire|"
            "fabbricare .. bomba|esplosivo\ncomo .. fazer|fabricar .. bomba"
        ),
    ),
)
