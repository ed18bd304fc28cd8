"""Sentences as each language writes them: abbreviations, numbers, dates, initials, ellipses and direct speech."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.sentences import ends_a_sentence, has_words, sentences_of

# One bar stands where one sentence ends and the next begins.
WRITTEN = {
    "en": [
        "Dr. Smith met Mr. Fox at No. 5, St. James St. in the rain.|He paid 1,000.50 dollars for 3.5 kg.",
        '"Where is my lantern…?" asks the fox.|"Over there!" said the owl, and flew away.',
        "“Are you lost?” asks the owl.|“No.”|The fox laughs.",
        "J. R. R. Tolkien and George R.R. Martin sat down.|They wrote.",
        "It was 5 p.m. on Friday.|The shop closed at 6 p.m.|Nobody came.",
        "He waited... and waited.|Then...|Nothing.",
        "He lived in the U.S. for ten years.|She stayed.",
        "What?!|No!!|Yes.",
        "She asked for flour, e.g. rye, sugar, etc.|Then she baked.",
        "It was I.|The door opened.",
        "See p. 5 and Fig. 3 of vol. 2.|The end.",
        "i went home. |then i slept for a while. |the cat was there.",
        "(It was late.)|The train left.",
        "Version 2.0.1 came out.|It works.",
        "He said no.|Then he left.",
    ],
    "pl": [
        "Dr Kowalski i prof. Nowak mieszkają przy ul. Długiej 5.|Lubią m.in. koty, psy itd.|Pada.",
        "Urodził się 3. maja 1984 r. w Krakowie.|Zobacz nr 5.|Koniec.",
        "— Dokąd idziesz? — spytał lis.|— Do domu.|— Sowa wzruszyła skrzydłami.",
        "„Gdzie jest latarnia?” pyta lis.|„Tam!” woła sowa.",
        "Kupiła np. mąkę, tj. żytnią.|Upiekła chleb.",
        "Szedł… i szedł.|Wreszcie…|Dom.",
        "To trwało ok. 3,5 godz. i kosztowało 1.000,50 zł.|Drogo.",
        "Św. Mikołaj przyszedł o godz. 5 rano.|Spał.",
    ],
    "de": [
        "Am 3. Mai traf Dr. Müller z.B. den Fuchs.|Es war kalt.",
        "Er kam z. B. im 19. Jahrhundert, d. h. früh, an.|Niemand war da.",
        "„Wohin gehst du…?“ fragt der Fuchs.|„Nach Hause!“ ruft die Eule.",
        "»Wohin?« fragt der Fuchs.|»Heim.«|Die Eule fliegt.",
        "Er wohnt in der Hauptstr. 5.|Das kostet 1.000,50 Euro usw.|Ende.",
        "Er wurde 3.|Dann kam sie.",
        "Nr. 5 lebt.|Nr. 7 auch.",
    ],
    "fr": [
        "M. Dupont et Mme Durand sont là.|Ils dansent.",
        "« Où vas-tu ? » demande le renard.|« À la maison ! » répond la chouette.",
        "— Où vas-tu ? demande le renard.|— Là-bas… répond-elle.",
        "Il paie 1 000,50 euros au no. 5, p. ex. ici.|Fin.",
    ],
    "es": [
        "El Sr. López y la Dra. Gil viven aquí.|¿Dónde está Ud. ahora?|¡Aquí!",
        "«¿Adónde vas?» pregunta el zorro.|«¡A casa!»",
        "—¿Adónde vas? —preguntó el zorro.|—A casa.",
        "Pagó 1.000,50 euros en la pág. 3.|Fin.",
    ],
    "it": [
        "Il Sig. Rossi e il Dott. Verdi abitano qui.|Piove.",
        "«Dove vai?» chiede la volpe.|«A casa!»",
        "Compra pane, latte, ecc.|Poi dorme.",
    ],
    "pt": [
        "O Sr. Silva e a Dra. Costa moram na Av. Brasil.|Chove.",
        "— Aonde vais? — perguntou a raposa.|— Para casa.",
        "Vê a pág. 5 do vol. 2.|Fim.",
    ],
}


@pytest.mark.parametrize(("language", "marked"), [(key, text) for key, texts in WRITTEN.items() for text in texts])
def test_sentences_end_where_their_language_ends_them(language: str, marked: str) -> None:
    wanted = [sentence.strip() for sentence in marked.split("|")]
    assert sentences_of(" ".join(wanted), language) == wanted


def test_an_unknown_language_has_the_abbreviations_of_all() -> None:
    assert sentences_of("Dr. Ox kommt z.B. am 3. Mai. Prof. Fox geht.") == [
        "Dr. Ox kommt z.B. am 3. Mai.",
        "Prof. Fox geht.",
    ]


def test_writing_without_spaces_is_split_at_its_own_marks() -> None:
    assert sentences_of("狐は走る。「どこへ行くの\uff1f」梟が笑う\uff01") == [
        "狐は走る。",
        "「どこへ行くの\uff1f」",
        "梟が笑う\uff01",
    ]


def test_verses_lists_and_titles_are_lines_without_their_bullets() -> None:
    text = "# Bread\n\n- two eggs\n* flour\n1. Mix them.\n2. Bake.\n\nRoses are red,\nViolets are blue"
    assert sentences_of(text, "en") == [
        "Bread", "two eggs", "flour", "1. Mix them.", "2. Bake.", "Roses are red,", "Violets are blue",
    ]  # fmt: skip


def test_a_line_that_was_broken_by_its_width_goes_on() -> None:
    text = (
        "The old keeper climbs the winding stairs of the tower near\nSaint Malo every evening\nto light it. He sleeps."
    )
    assert sentences_of(text, "en") == [text.replace("\n", " ").removesuffix(" He sleeps."), "He sleeps."]


def test_signs_that_cannot_be_seen_are_not_kept() -> None:
    assert sentences_of("A light\u00adhouse\u200b shines.\x00 **Bright** it is. 👩\u200d🚀 Flies.") == [
        "A lighthouse shines.",
        "Bright it is.",
        "👩\u200d🚀 Flies.",
    ]


@pytest.mark.parametrize("text", ["", " \n", "...", "— 🦊 !", "***\n---"])
def test_what_says_nothing_has_no_sentences(text: str) -> None:
    assert sentences_of(text) == []


def test_whether_a_text_ends_as_a_sentence() -> None:
    assert all(map(ends_a_sentence, ("Yes.", "Yes?!", "“Yes.”", "Yes…", "是。", "« Oui ? »")))
    assert not any(map(ends_a_sentence, ("Yes", "Yes,", "3.5", "")))


@given(st.text(max_size=300), st.sampled_from(["", "en", "pl", "de"]))
def test_no_word_is_lost_and_none_is_added(text: str, language: str) -> None:
    found = sentences_of(text, language)
    assert all(map(has_words, found))
    shown = "".join(sign for sign in text if has_words(sign))
    assert "".join(sign for sentence in found for sign in sentence if has_words(sign)) == shown


def test_long_texts_take_no_longer_than_their_length() -> None:
    for text in ("." * 20_000, "a." * 10_000, "a. " * 6_666, '"?" ' * 5_000, "(" * 20_000, "\n" * 20_000, "x" * 20_000):
        sentences_of(text, "en")
