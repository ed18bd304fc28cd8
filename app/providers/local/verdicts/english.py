"""What is judged in English texts."""

from app.providers.local.verdicts.patterns import Rule

HARMLESS = """
killer whale*
cock crow*|robin
breast cancer
naked eye|mole
magna cum laude
sex of the
gore bay
"""
MINORS = "child children kid kids toddler* minor minors underage schoolgirl* schoolboy* preteen* girl boy teenage* baby"
SEXUAL_ACTS = "sex sexual* porn* erotic* orgasm* masturbat* intercourse blowjob*"
GROUPS = "jews|muslims|gays|immigrants|refugees|asians|arabs|gypsies|lesbians"
ENGLISH = (
    Rule("sexual/minors", 0.98, "child|kiddie|teen|underage porn*\nsexual* .. abus* .. child*|minor*|kid|kids"),
    Rule("sexual/minors", 0.2, "pedophil*|paedophil*\nlolicon*"),
    Rule("sexual", 0.9, "porn*\nblowjob*\ncumshot*\ngangbang*\nhardcore sex\nexplicit sex*\noral|anal sex\nhentai"),
    Rule("sexual", 0.6, "sex scene*\nhaving|have|had sex\nmasturbat*\norgasm*\\orgies|orgy\nstriptease*"),
    Rule("sexual", 0.3, "nude|nudes\nnaked\nerotic*\nsex"),
    Rule("hate", 0.95, "nigger*\nkike|kikes\nfaggot*\nwetback*\nraghead*\ntowelhead*\nuntermensch*"),
    Rule("hate", 0.85, f"white power\nheil hitler\nsieg heil\n{GROUPS} are vermin|subhuman|animals|parasites"),
    Rule(
        "hate/threatening", 0.95, f"kill|gas|exterminate|lynch|hang|shoot all|every .. {GROUPS}\ndeath to .. {GROUPS}"
    ),
    Rule("harassment", 0.8, "kill yourself\nkys\nyou worthless|stupid|fat|ugly .. bitch|whore|cunt|pig\nfuck you"),
    Rule("harassment/threatening", 0.88, "i will|am find|hunt|track you .. kill|hurt|rape you\ni know where you live"),
    Rule("self-harm/intent", 0.85, "i want|need|plan|going to kill myself\ni want to end my life\ni will kill myself"),
    Rule("self-harm/intent", 0.6, "i want to die"),
    Rule("sexual/minors", 0.5, "naked|nude|undressed child|children|girl|girls|boy|boys|kid|kids"),
    Rule(
        "self-harm/instructions", 0.95, "how .. to|do|can .. kill myself|yourself\nhow to commit suicide\nkill yourself"
    ),
    Rule(
        "self-harm/instructions",
        0.95,
        "way|ways|method|methods to|of commit|committing suicide\nhow to .. hang myself|yourself",
    ),
    Rule(
        "self-harm",
        0.8,
        "cut|cuts|cutting my|her|his|their wrist*\ncutting|cut myself|herself|himself\ncommit* suicide",
    ),
    Rule("self-harm", 0.5, "suicid*\nanorexi* tips|goals"),
    Rule("violence/graphic", 0.8, "gore\ndismember*\ndisembowel*\ndecapitat*|behead*\nentrails\nflay* alive"),
    Rule(
        "violence/graphic",
        0.8,
        "blood .. gush*|spurt*|spray*\nguts .. spill*\nskull .. crush*|smash*|split*\ntortur* .. death",
    ),
    Rule("violence", 0.4, "kill|kills|killed|killing|murder*|massacre*|slaughter*|stab|stabs|stabbed"),
    Rule(
        "illicit", 0.92, "how to .. cook|make|synthesize|buy|sell .. meth|methamphetamine|cocaine|heroin|fentanyl|lsd"
    ),
    Rule(
        "illicit", 0.7, "how to .. steal|clone|forge|launder .. card|cards|car|cars|identity|money|passport|passports"
    ),
    Rule(
        "illicit/violent",
        0.92,
        "how to|instructions .. build|make|build|making .. bomb|bombs|explosive|explosives|pipebomb|napalm|grenade",
    ),
    Rule(
        "illicit/violent",
        0.92,
        "pipe bomb .. instructions|recipe|tutorial\nbuy .. untraceable|illegal gun|guns|weapon*\nhire .. hitman",
    ),
)
