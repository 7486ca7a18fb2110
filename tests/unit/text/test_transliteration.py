"""The same words in another script, as a viewer reads them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.errors import IndicsubsError
from indicsubs_text.languages import LANGUAGES, find_language, scripts_of
from indicsubs_text.markup import MARKUP
from indicsubs_text.scripts import SCRIPTS, ascii_digits
from indicsubs_text.transliteration.transliterate import transliterate


@pytest.mark.parametrize(
    ("tag", "text", "latin"),
    [
        ("hi", "मैं घर जा रहा हूँ।", "main ghar ja raha hoon."),
        ("hi", "तुम कहाँ जा रहे हो? मुझे नहीं पता।", "tum kahan ja rahe ho? mujhe nahin pata."),
        ("hi", "यार, क्या बात है!", "yaar, kya baat hai!"),
        ("hi", "लड़का पढ़ाई में अच्छा", "ladka padhai mein accha"),
        ("hi", "समझना सरकार मतलब मेहनत भगवान", "samajhna sarkar matlab mehnat bhagvan"),
        ("hi", "दोपहर मित्र धर्म सूर्य नमक", "dopahar mitra dharm surya namak"),
        ("hi", "ज़रूरत चीज़ ठीक प्रिय ज्ञान न", "zarurat cheez theek priya gyaan na"),
        ("hi", "क्योंकि ज़िंदगी अनमोल है", "kyonki zindagi anmol hai"),
        ("hi", "कृपया ख़बर बच्चा", "kripya khabar baccha"),
        ("mr", "मी घरी जात आहे. तू काय करतोस?", "mi ghari jaat aahe. tu kaay kartos?"),
        ("mr", "माझं नाव राहुल आहे. ज्ञान", "majha naav rahul aahe. dnyaan"),
        ("ne", "म घर जान्छु। छैन", "ma ghar janchhu. chhaina"),
        ("sa", "रामः वनं गच्छति", "ramah vanam gacchati"),
        ("bn", "আমি বাড়ি যাচ্ছি। তুমি কোথায় যাচ্ছ?", "ami bari jacchi. tumi kothay jaccho?"),
        ("bn", "তুমি কেমন আছো? কত গরম! বাংলা", "tumi kemon achho? koto gorom! bangla"),
        ("bn", "হঠাৎ বাক্য", "hothat bakyo"),
        ("gu", "હું ઘરે જાઉં છું. તમે કેમ છો?", "hu ghare jau chhu. tame kem chho?"),
        ("gu", "ઑફિસ હાં", "ofis ha"),
        ("pa", "ਮੈਂ ਘਰ ਜਾ ਰਿਹਾ ਹਾਂ। ਕੀ ਹਾਲ ਹੈ?", "main ghar ja riha haan. ki haal hai?"),
        ("pa", "ਪੰਜਾਬੀ ਸਿੰਘ ਜ਼ਿੰਦਗੀ ਅੱਜ ਪੱਕਾ ਅੱਖ", "panjabi singh zindagi ajj pakka akkh"),
        ("or", "ତୁମେ କେଉଁଠି? ଓଡ଼ିଆ", "tume keunthi? odia"),
        ("ta", "நான் வீட்டுக்குப் போகிறேன்.", "naan veettukkup pogiren."),
        ("ta", "நீ எங்கே போகிறாய்? தமிழ் ஃபோன்", "nee enge pogiraay? thamizh fon"),
        ("ta", "என்ன சொல்கிறாய்? காற்று", "enna solgiraay? kaatru"),
        ("te", "నేను ఇంటికి వెళ్తున్నాను. తెలుగు", "nenu intiki veltunnanu. telugu"),
        ("kn", "ನಾನು ಮನೆಗೆ ಹೋಗುತ್ತಿದ್ದೇನೆ.", "naanu manege hoguttiddene."),
        ("kn", "ನೀವು ಹೇಗಿದ್ದೀರಿ? ಕನ್ನಡ", "neevu hegiddiri? kannada"),
        ("ml", "ഞാൻ വീട്ടിലേക്ക് പോകുന്നു.", "njaan veettilekku pokunnu."),
        ("ml", "നീ എവിടെ പോകുന്നു? മലയാളം എന്റെ", "nee evide pokunnu? malayalam ente"),
    ],
)
def test_latin_as_people_write_it(tag: str, text: str, latin: str) -> None:
    assert transliterate(text, find_language(tag), "Latn") == latin


@pytest.mark.parametrize(
    ("tag", "script", "text", "shown"),
    [
        ("hi", "Gujr", "मैं घर जा रहा हूँ। ऑफ़िस", "મૈં ઘર જા રહા હૂઁ. ઑફિસ"),
        ("hi", "Guru", "क्या ज़रूरत है? अच्छा पढ़ाई", "ਕਿਆ ਜ਼ਰੂਰਤ ਹੈ? ਅੱਛਾ ਪੜ੍ਹਾਈ"),
        ("hi", "Guru", "हूँ ज्ञान पक्का गन्ना", "ਹੂੰ ਗਿਆਨ ਪੱਕਾ ਗੰਨਾ"),
        ("hi", "Telu", "मैं घर जा रहा था।", "మైం ఘర్ జా రహా థా."),
        ("hi", "Knda", "ज़रूरत मित्र", "ಜರೂರತ್ ಮಿತ್ರ"),
        ("hi", "Mlym", "घर कर्म", "ഘർ കർമ്"),
        ("hi", "Orya", "यार क्या वह", "ୟାର କ୍ଯା ୱହ"),
        ("pa", "Deva", "ਮੈਂ ਪੰਜਾਬੀ ਅੱਜ ਪੱਕਾ ਅੱਖ", "मैं पंजाबी अज्ज पक्का अक्ख"),
        ("gu", "Deva", "હું ઘરે જાઉં છું. ૧૨", "हुं घरे जाउं छुं. 12"),
        ("bn", "Deva", "তুমি চাঁদ সংবাদ", "तुमि चाँद संबाद"),
        ("te", "Knda", "నేను ఇంటికి వెళ్తున్నాను", "ನೇನು ಇಂಟಿಕಿ ವೆಳ್ತುನ್ನಾನು"),
        ("kn", "Telu", "ನಾನು ಮನೆಗೆ ಕನ್ನಡ", "నాను మనెగె కన్నడ"),
        ("ml", "Knda", "ഞാൻ മലയാളം അവൾ", "ಞಾನ್ ಮಲಯಾಳಂ ಅವಳ್"),
        ("ta", "Telu", "நான் வீட்டுக்குப்", "నాన్ వీట్టుక్కుప్"),
        ("hi", "Deva", "१२ बजे।", "१२ बजे।"),
    ],
)
def test_one_indian_script_in_another(tag: str, script: str, text: str, shown: str) -> None:
    assert transliterate(text, find_language(tag), script) == shown


def test_markup_notes_latin_words_and_placeholders_stay() -> None:
    text = "♪ <v राम>{\\an8}- Hello, राम! <dnt>AI</dnt> 5:45 ##0## 😀 ♪"
    shown = "♪ <v राम>{\\an8}- Hello, raam! <dnt>AI</dnt> 5:45 ##0## 😀 ♪"
    assert transliterate(text, find_language("hi"), "Latn") == shown


def test_spellings_of_one_letter_are_one() -> None:
    hindi = find_language("hi")
    assert transliterate("\u095cक\u200dा", hindi, "Latn") == transliterate(
        "ड\u093cका", hindi, "Latn"
    )


@pytest.mark.parametrize(("tag", "script"), [("ur", "Latn"), ("hi", "Taml"), ("as", "Latn")])
def test_scripts_that_a_language_is_not_shown_in_are_refused(tag: str, script: str) -> None:
    with pytest.raises(IndicsubsError, match="cannot be shown"):
        transliterate("", find_language(tag), script)


indic = st.text(st.characters(min_codepoint=0x0900, max_codepoint=0x0D7F))
pairs = st.sampled_from(
    [(tag, script) for tag, row in LANGUAGES.items() for script in scripts_of(row)]
)


@given(pair=pairs, text=st.one_of(st.text(), indic))
def test_any_text_keeps_its_digits_and_markup(pair: tuple[str, str], text: str) -> None:
    tag, script = pair
    shown = transliterate(text, find_language(tag), script)
    assert MARKUP.findall(shown) == MARKUP.findall(text)
    bare, bare_shown = (ascii_digits(MARKUP.sub("", one)) for one in (text, shown))
    assert re.findall("[0-9]", bare_shown) == re.findall("[0-9]", bare)


@given(pair=pairs, text=st.text(st.characters(max_codepoint=0x02FF)))
def test_text_without_the_script_is_unchanged(pair: tuple[str, str], text: str) -> None:
    assert transliterate(text, find_language(pair[0]), pair[1]) == text


@pytest.mark.parametrize(
    "script", [code for code, row in SCRIPTS.items() if row.transliteration_scheme]
)
def test_every_common_letter_reaches_the_script(script: str) -> None:
    text = "अआइईउऊएऐओऔ कखगघ चछजझ टठडढ तथदध पफबभ मनणङञ यरलवशषसह ड़ढ़ कि की कु कू के कै को कौ कं"
    shown = transliterate(text, find_language("mr"), script)
    leftover = "" if script == "Deva" else "".join(re.findall("[\u0900-\u0963]", shown))
    assert leftover == ""
