"""The function words of each language, by what they do at the end of a line.

A line, and still more a cue, should not be broken between words that are read as one: a noun and
its postposition, a verb and its auxiliary or negation, an article and its noun, a title and a name
(Netflix, Timed Text General Requirements, "Line treatment"). Each table lists the closed classes of
its language as they are written in dialogue, most frequent forms first. Of open classes only the
most frequent adjectives are listed; a verb is known by what follows it.

The tables are our own, made from the grammars' closed classes. They need not be complete: a form
that is missing makes its break an ordinary one. A form that is as often another word (Hindi तो, the
conjunction and the particle) is left out of both.
"""

from unicodedata import normalize

import msgspec


class WordClasses(msgspec.Struct, frozen=True, kw_only=True):
    """The words of one language that mind where a line breaks, in lower case and NFC."""

    cling_to_previous: frozenset[str] = frozenset()
    """Postpositions, auxiliaries, negations and particles after their word; honorifics after a
    name."""
    cling_to_next: frozenset[str] = frozenset()
    """Articles, determiners, possessives, numerals; titles before a name; prepositions,
    auxiliaries and negations before their word; genitives, which stand between two nouns."""
    pronouns: frozenset[str] = frozenset()
    """Those of a form that is subject or object: before a preposition they are objects, and cling
    to nothing; before any other word to that."""
    adjectives: frozenset[str] = frozenset()
    """The most frequent, which cling to their noun; before a preposition they are predicates."""
    open_clause: frozenset[str] = frozenset()
    """Conjunctions and relatives: a good place to break before, and a bad one after."""
    open_phrase: frozenset[str] = frozenset()
    """Prepositions: a fair place to break before."""


def _set(*groups: str) -> frozenset[str]:
    return frozenset(normalize("NFC", word) for group in groups for word in group.split())


_EN_PREPOSITIONS = """
    in on at by for with from into onto about over under after before between through during
    without within against among towards toward across behind beside beyond near since until till
    upon of to as like
"""
_EN_AUXILIARIES = """
    am is are was were be been being have has had do does did will would shall should can could may
    might must i'm you're he's she's it's we're they're i've you've we've they've i'll you'll he'll
    she'll we'll they'll i'd you'd he'd she'd we'd they'd that's there's what's who's let's gonna
    wanna gotta
"""
_EN_NEGATIONS = """
    not never don't doesn't didn't won't wouldn't can't cannot couldn't shouldn't isn't aren't
    wasn't weren't haven't hasn't hadn't mustn't needn't ain't no hardly
"""
_EN_DETERMINERS = """
    a an the this that these those my your his her its our their whose some any each every such what
    which one two three four five six seven eight nine ten
"""
_EN_PRONOUNS = "i you he she it we they who there this that these those her one"
_EN_TITLES = "mr mr. mrs mrs. ms ms. dr dr. sir lady prof prof. st st. uncle aunt captain inspector"
_EN_ADJECTIVES = """
    good bad big small little great old young new long short high low large whole entire same other
    another last next first second only own real true right wrong best worst better worse poor rich
    dear beautiful pretty nice strong black white red half hot cold dark happy dirty clean
"""
_EN_CONJUNCTIONS = """
    and but or nor so because although though if unless while when where whether than who which that
    yet whereas what how why
"""

_HI_POSTPOSITIONS = """
    में से को का की के ने पर तक लिए साथ पास बाद पहले बिना बारे तरह ओर तरफ़ तरफ सामने पीछे ऊपर नीचे अंदर
    बाहर बीच द्वारा वाला वाली वाले वालों जैसा जैसी जैसे सा सी अनुसार ख़िलाफ़ खिलाफ अलावा बजाय मारे
"""
_HI_AUXILIARIES = """
    है हैं हूँ हूं हो था थी थे थीं होगा होगी होंगे होगे रहा रही रहे गया गई गए गयी गये जाता जाती जाते
    जाएगा जाएगी जाएँगे जाओ जाना चुका चुकी चुके सकता सकती सकते सका सकी सके पाया पाई पाए पाता पाती पाते
    दिया दी दिए दो देना दूँगा दूँगी देंगे लिया ली लिए लो लेना लूँगा लेंगे चाहिए चाहता चाहती चाहते लगा
    लगी लगे पड़ा पड़ी पड़े पड़ेगा पड़ेगी करता करती करते किया की कर करो करना करूँगा करूँगी करेंगे
"""
_HI_GENITIVES = "का की के"
_HI_PARTICLES = "ही भी जी साहब साहिब भाई भैया बाबू बेटा वाले"
_HI_BEFORE = """
    नहीं न ना मत एक यह वह ये वे इस उस इन उन मेरा मेरी मेरे तेरा तेरी तेरे हमारा हमारी हमारे तुम्हारा
    तुम्हारी तुम्हारे आपका आपकी आपके उसका उसकी उसके इसका इसकी इसके उनका उनकी उनके अपना अपनी अपने कोई
    कुछ हर सब दो तीन चार पाँच पांच छह सात आठ नौ दस बहुत श्री श्रीमती डॉ डॉ. डॉक्टर मिस्टर मिस मिसेज
    इंस्पेक्टर
"""
_HI_CONJUNCTIONS = """
    और लेकिन मगर पर या कि क्योंकि अगर यदि जब जहाँ जहां जो जिस जिसे जिसने जिसका ताकि इसलिए वरना बल्कि
    हालाँकि हालांकि चाहे जबकि किंतु परंतु एवं तथा अथवा
"""

_HINDI = WordClasses(
    cling_to_previous=_set(_HI_POSTPOSITIONS, _HI_AUXILIARIES, _HI_PARTICLES),
    cling_to_next=_set(_HI_BEFORE, _HI_GENITIVES),
    adjectives=_set(
        "बड़ा बड़ी बड़े छोटा छोटी छोटे अच्छा अच्छी अच्छे बुरा बुरी बुरे नया नई नए नये"
        " पुराना पुरानी पुराने बूढ़ा बूढ़ी बूढ़े जवान पूरा पूरी पूरे सारा सारी सारे"
        " दूसरा दूसरी दूसरे पहला पहली आख़िरी आखिरी असली सच्चा सच्ची सच्चे झूठा झूठी झूठे"
        " काला काली काले लाल सफ़ेद सुंदर ग़रीब गरीब अमीर लंबा लंबी लंबे"
    ),
    open_clause=_set(_HI_CONJUNCTIONS) - _set("पर"),
)

_URDU = WordClasses(
    cling_to_previous=_set(
        "میں سے کو کا کی کے نے پر تک لیے لئے ساتھ پاس بعد پہلے بغیر بارے طرح طرف"
        " سامنے پیچھے اوپر نیچے"
        " اندر باہر والا والی والے والوں جیسا جیسی جیسے سا سی خلاف درمیان بیچ ذریعے علاوہ"
        " بجائے مطابق خاطر آگے قریب پار مارے سوا",
        "ہے ہیں ہوں ہو تھا تھی تھے تھیں ہوگا ہوگی ہوں گے گا گی گے رہا رہی رہے گیا گئی"
        " گئے جاتا جاتی جاتے"
        " چکا چکی چکے سکتا سکتی سکتے سکا دیا دی دیے دو دینا لیا لی لو لینا چاہیے چاہتا"
        " چاہتی چاہتے لگا لگی"
        " لگے پڑا پڑی پڑے کرتا کرتی کرتے کیا کر کرو کرنا",
        "ہی بھی جی صاحب صاحبہ بھائی",
    ),
    cling_to_next=_set(
        "نہیں نہ مت ایک یہ وہ اس اُس ان اُن میرا میری میرے تیرا تیری تیرے ہمارا ہماری"
        " ہمارے تمہارا تمہاری"
        " تمہارے اپنا اپنی اپنے کوئی کچھ ہر سب تین چار پانچ بہت جناب ڈاکٹر مسٹر کا کی کے"
    ),
    adjectives=_set(
        "بڑا بڑی بڑے چھوٹا چھوٹی چھوٹے اچھا اچھی اچھے برا بری برے نیا نئی نئے پرانا"
        " پرانی پرانے بوڑھا بوڑھی بوڑھے جوان پورا پوری پورے سارا ساری سارے دوسرا دوسری"
        " دوسرے پہلا پہلی آخری اصلی سچا سچی سچے جھوٹا جھوٹی جھوٹے کالا کالی کالے لال"
        " سفید خوبصورت غریب امیر لمبا لمبی لمبے"
    ),
    open_clause=_set(
        "اور لیکن مگر یا کہ کیونکہ چونکہ اگر اگرچہ جب جبکہ جہاں جو جس جسے جن جنہیں جنہوں تاکہ"
        " ورنہ بلکہ حالانکہ چاہے تاہم البتہ چنانچہ لہٰذا"
    ),
)

_MARATHI = WordClasses(
    cling_to_previous=_set(
        "मध्ये वर खाली साठी कडे कडून पासून पर्यंत बरोबर सोबत मुळे विना शिवाय नंतर आधी"
        " पूर्वी समोर मागे"
        " जवळ बद्दल विषयी सारखा सारखी सारखे आत बाहेर",
        "आहे आहेत आहेस आहोत आहात होता होती होते होतो होतास असतो असते असेल नाही नाहीत"
        " नव्हता नव्हती नव्हते"
        " नको गेला गेली गेले आला आली आले लागला लागली लागले शकतो शकते शकता शकत पाहिजे"
        " दिला दिली दिले घेतला"
        " घेतली घेतले टाकला टाकली करतो करते करत केला केली केले दे घे जा",
        "च ही सुद्धा देखील तरी ना जी साहेब राव ताई दादा",
    ),
    cling_to_next=_set(
        "न एक हा तो ती ते त्या ह्या या माझा माझी माझे माझ्या तुझा तुझी तुझे तुझ्या"
        " आमचा आमची आमचे आपला"
        " आपली आपले त्याचा त्याची त्याचे तिचा तिची तिचे काही प्रत्येक सर्व दोन तीन चार"
        " पाच फार खूप श्री"
        " श्रीमती डॉ डॉ. डॉक्टर मिस्टर"
    ),
    adjectives=_set(
        "मोठा मोठी मोठे मोठ्या लहान छोटा छोटी छोटे छोट्या चांगला चांगली चांगले चांगल्या"
        " वाईट नवा नवी नवे नवीन नव्या जुना जुनी जुने जुन्या म्हातारा म्हातारी तरुण पूर्ण"
        " सारा सारी सारे साऱ्या दुसरा दुसरी दुसरे दुसऱ्या पहिला पहिली पहिले पहिल्या"
        " शेवटचा शेवटची शेवटचे खरा खरी खरे खोटा खोटी खोटे काळा काळी काळे लाल सुंदर गरीब"
        " श्रीमंत लांब"
    ),
    open_clause=_set(
        "आणि व पण परंतु किंवा अथवा की कारण जर जरी जेव्हा जिथे जोपर्यंत जो जी जे ज्या ज्याला ज्याने"
        " जिला जिने ज्यांना ज्यांनी जसा जशी जसे म्हणून नाहीतर अन्यथा तर तरीही मात्र तसेच"
    ),
)

_BENGALI = WordClasses(
    cling_to_previous=_set(
        "থেকে জন্য জন্যে সঙ্গে সাথে কাছে পর পরে আগে মধ্যে ভিতরে ভেতরে বাইরে উপর উপরে"
        " ওপর নিচে নীচে দিয়ে"
        " ছাড়া পর্যন্ত দ্বারা সম্পর্কে মতো মত পাশে সামনে পেছনে দিকে হয়ে"
        " ধরে চেয়ে বদলে বিরুদ্ধে নিয়ে মাঝে মাঝখানে তলায় অনুযায়ী",
        "না নি নেই নয় নাই আছে আছি আছো আছেন ছিল ছিলাম ছিলে ছিলেন হবে হয় হয়েছে"
        " হয়েছিল হচ্ছে গেছে গেল গেলাম"
        " যাচ্ছে পারি পারো পারে পারেন পারব পারবে পারছি চাই চাও চায় দাও দিয়েছে দিল"
        " নাও নিয়েছে করে করি করো"
        " করেছে করছে করব করবে উচিত",
        "ও ই তো দা দি বাবু সাহেব মশাই ভাই",
    ),
    cling_to_next=_set(
        "এক একটা একটি এই ওই সেই এ ও আমার তোমার তোর আপনার তার তাঁর আমাদের তোমাদের"
        " তাদের কোনো কোন কিছু সব"
        " প্রতি দুই দুটো দু তিন চার পাঁচ খুব অনেক শ্রী ডঃ ড. ডাক্তার মিস্টার"
    )
    - _set("ও"),
    adjectives=_set(
        "বড় বড়ো ছোট ছোটো ভালো ভাল খারাপ নতুন পুরনো পুরোনো বুড়ো বুড়ি পুরো সারা অন্য"
        " প্রথম শেষ আসল মিথ্যে সাদা কালো লাল সুন্দর গরিব গরীব ধনী লম্বা"
    ),
    open_clause=_set(
        "এবং আর কিন্তু অথচ অথবা কিংবা বা যে কারণ কেননা যেহেতু যদি যদিও যখন যতক্ষণ যতদিন যেখানে যা"
        " যার যাকে যারা যাদের যাতে যেন যেমন তাই সুতরাং নইলে নয়তো নাহলে তাহলে তবে তবু তবুও বরং"
    ),
)

_GUJARATI = WordClasses(
    cling_to_previous=_set(
        "માં થી ને નો ની નું ના પર સુધી માટે સાથે પાસે પછી પહેલાં વગર વિના વિશે જેવો"
        " જેવી જેવું સામે પાછળ"
        " ઉપર નીચે અંદર બહાર વચ્ચે તરફ",
        "છે છું છો છીએ હતો હતી હતું હતા હશે હોય નથી નહોતો નહોતી નહીં રહ્યો રહી રહ્યું"
        " રહ્યા ગયો ગઈ ગયું ગયા શકે"
        " શકું શકો શકીએ જોઈએ દીધો દીધી દીધું લીધો લીધી લીધું કરે કરું કરો કર્યો કરી"
        " કર્યું લાગ્યો લાગી લાગ્યું પડશે",
        "જ પણ ય જી ભાઈ બેન બહેન સાહેબ",
    ),
    cling_to_next=_set(
        "ન ના એક આ તે પેલો પેલી પેલું મારો મારી મારું મારા તારો તારી તારું તારા અમારો"
        " અમારી તમારો તમારી"
        " તમારું તેનો તેની તેનું પોતાનો પોતાની કોઈ કંઈ દરેક બધા બે ત્રણ ચાર પાંચ બહુ"
        " ખૂબ શ્રી ડૉ ડૉ. મિસ્ટર નો ની નું"
    ),
    adjectives=_set(
        "મોટો મોટી મોટું મોટા નાનો નાની નાનું નાના સારો સારી સારું સારા ખરાબ નવો નવી"
        " નવું નવા જૂનો જૂની જૂનું જૂના ઘરડો ઘરડી આખો આખી આખું આખા બીજો બીજી બીજું બીજા"
        " પહેલો પહેલી પહેલું છેલ્લો છેલ્લી છેલ્લું સાચો સાચી સાચું ખોટો ખોટી ખોટું કાળો"
        " કાળી કાળું લાલ સુંદર ગરીબ"
    ),
    open_clause=_set("અને પરંતુ કે અથવા કારણ જો જ્યારે જ્યાં જે જેથી એટલે નહીંતર છતાં"),
)

_PUNJABI = WordClasses(
    cling_to_previous=_set(
        "ਵਿੱਚ ਵਿਚ ਤੋਂ ਨੂੰ ਦਾ ਦੀ ਦੇ ਦੀਆਂ ਨੇ ਉੱਤੇ ਤੇ ਤੱਕ ਲਈ ਨਾਲ ਕੋਲ ਬਾਅਦ ਪਹਿਲਾਂ ਬਿਨਾਂ"
        " ਬਾਰੇ ਵਾਂਗ ਸਾਹਮਣੇ ਪਿੱਛੇ"
        " ਉੱਪਰ ਥੱਲੇ ਅੰਦਰ ਬਾਹਰ ਵਾਲਾ ਵਾਲੀ ਵਾਲੇ ਵਰਗਾ ਵਰਗੀ",
        "ਹੈ ਹਨ ਹਾਂ ਹੋ ਹੈਂ ਸੀ ਸਨ ਸਾਂ ਹੋਵੇਗਾ ਹੋਵੇਗੀ ਰਿਹਾ ਰਹੀ ਰਹੇ ਗਿਆ ਗਈ ਗਏ ਜਾਂਦਾ ਜਾਂਦੀ"
        " ਚੁੱਕਾ ਚੁੱਕੀ ਸਕਦਾ ਸਕਦੀ ਸਕਦੇ"
        " ਦਿੱਤਾ ਦਿੱਤੀ ਦਿਓ ਲਿਆ ਲਈ ਲਓ ਚਾਹੀਦਾ ਚਾਹੀਦੀ ਚਾਹੁੰਦਾ ਕਰਦਾ ਕਰਦੀ ਕਰਦੇ ਕੀਤਾ ਕੀਤੀ ਕਰ"
        " ਕਰੋ ਲੱਗਾ ਲੱਗੀ ਪਿਆ ਪਈ",
        "ਹੀ ਵੀ ਜੀ ਸਾਹਿਬ ਭਾਜੀ ਵੀਰ",
    ),
    cling_to_next=_set(
        "ਨਹੀਂ ਨਾ ਨਾਂ ਮਤ ਇੱਕ ਇਕ ਇਹ ਉਹ ਇਸ ਉਸ ਮੇਰਾ ਮੇਰੀ ਮੇਰੇ ਤੇਰਾ ਤੇਰੀ ਤੇਰੇ ਸਾਡਾ ਸਾਡੀ"
        " ਸਾਡੇ ਤੁਹਾਡਾ ਤੁਹਾਡੀ ਤੁਹਾਡੇ"
        " ਆਪਣਾ ਆਪਣੀ ਆਪਣੇ ਕੋਈ ਕੁਝ ਹਰ ਸਭ ਦੋ ਤਿੰਨ ਚਾਰ ਪੰਜ ਬਹੁਤ ਸ੍ਰੀ ਡਾ ਡਾ. ਮਿਸਟਰ"
        " ਦਾ ਦੀ ਦੇ ਦੀਆਂ"
    ),
    adjectives=_set(
        "ਵੱਡਾ ਵੱਡੀ ਵੱਡੇ ਛੋਟਾ ਛੋਟੀ ਛੋਟੇ ਚੰਗਾ ਚੰਗੀ ਚੰਗੇ ਮਾੜਾ ਮਾੜੀ ਮਾੜੇ ਨਵਾਂ ਨਵੀਂ ਨਵੇਂ"
        " ਪੁਰਾਣਾ ਪੁਰਾਣੀ ਪੁਰਾਣੇ ਬੁੱਢਾ ਬੁੱਢੀ ਸਾਰਾ ਸਾਰੀ ਸਾਰੇ ਪੂਰਾ ਪੂਰੀ ਪੂਰੇ ਦੂਜਾ ਦੂਜੀ ਦੂਜੇ"
        " ਪਹਿਲਾ ਪਹਿਲੀ ਪਹਿਲੇ ਆਖ਼ਰੀ ਸੱਚਾ ਸੱਚੀ ਸੱਚੇ ਝੂਠਾ ਝੂਠੀ ਝੂਠੇ ਕਾਲਾ ਕਾਲੀ ਕਾਲੇ ਲਾਲ ਸੋਹਣਾ"
        " ਸੋਹਣੀ ਗ਼ਰੀਬ ਗਰੀਬ"
    ),
    open_clause=_set("ਅਤੇ ਪਰ ਜਾਂ ਕਿ ਕਿਉਂਕਿ ਜੇ ਜਦੋਂ ਜਿੱਥੇ ਜੋ ਜਿਸ ਤਾਂਕਿ ਇਸਲਈ ਨਹੀਂਤਾਂ ਸਗੋਂ"),
)

_TAMIL = WordClasses(
    cling_to_previous=_set(
        "மேல் கீழ் மீது உடன் கூட பற்றி போல் போல வரை பின் பிறகு முன் முன்பு உள்ளே"
        " வெளியே அருகில் இடையே"
        " இல்லாமல் மூலம் விட கொண்டு வழியாக எதிராக பக்கத்தில்",
        "இல்லை இருக்கிறது இருக்கிறான் இருக்கிறாள் இருக்கிறார் இருக்கிறேன் இருக்கிறாய்"
        " இருக்கிறீர்கள்"
        " இருக்கு இருந்தது இருந்தான் இருந்தாள் இருந்தேன் இருக்கும் வேண்டும் வேண்டாம்"
        " முடியும் முடியாது முடியவில்லை"
        " கூடாது மாட்டேன் மாட்டான் மாட்டாள் மாட்டார் மாட்டாய் விட்டது விட்டான்"
        " விட்டாள் விட்டேன் விடு போகிறேன்"
        " போகிறான் போகிறது கொண்டிருக்கிறது கொண்டிருக்கிறான் கொண்டிருக்கிறேன் உள்ளது உண்டு",
        "தான் என்று என்றும் எனவும் என ஐயா அம்மா அண்ணா சார்",
    ),
    cling_to_next=_set(
        "ஒரு இந்த அந்த எந்த என் என்னுடைய உன் உன்னுடைய உங்கள் அவன் அவள் அவனுடைய"
        " அவளுடைய அவருடைய எங்கள்"
        " நம் நமது நம்முடைய தன் தனது அவர்களுடைய சில பல எல்லா ஒவ்வொரு இரண்டு மூன்று"
        " நான்கு ஐந்து மிகவும்"
        " ரொம்ப திரு திருமதி டாக்டர் மிஸ்டர்"
    )
    - _set("அவன் அவள்"),
    adjectives=_set(
        "பெரிய சின்ன சின்னப் சிறிய நல்ல கெட்ட புதிய புது பழைய வயதான முழு மற்ற வேறு"
        " முதல் கடைசி உண்மையான பொய்யான கருப்பு சிவப்பு வெள்ளை அழகான ஏழை நீண்ட"
    ),
    open_clause=_set("மற்றும் ஆனால் அல்லது ஏனெனில் ஏனென்றால் எனவே அதனால் ஆகவே இருந்தாலும் ஆனாலும் இல்லையென்றால்"),
)

_TELUGU = WordClasses(
    cling_to_previous=_set(
        "లో లోపల తో కి కు ను ని మీద పైన కింద వద్ద దగ్గర కోసం గురించి వరకు నుండి నుంచి"
        " తర్వాత తరువాత ముందు"
        " వెనుక లేకుండా ద్వారా లాగా వంటి మధ్య బయట వైపు కంటే వల్ల చేత కొరకు బదులు పక్కన చుట్టూ"
        " ఎదురుగా గుండా వెంట దాకా పట్ల ప్రకారం పాటు",
        "లేదు లేరు లేను లేవు కాదు ఉంది ఉన్నాడు ఉన్నారు ఉన్నాను ఉన్నావు ఉన్నాయి"
        " ఉంటుంది ఉంటాను ఉండేది వద్దు కావాలి"
        " చేస్తాను చేశాడు చేసింది చేయాలి పోయాడు పోయింది గలను గలదు కూడదు ఉన్నామా",
        "కూడా మాత్రమే అని గారు గారూ బాబు అమ్మ అన్నా సార్",
    ),
    cling_to_next=_set(
        "ఒక ఈ ఆ ఏ నా నీ మా మీ మన అతని ఆమె వాళ్ళ వారి తన కొన్ని అన్ని ప్రతి రెండు మూడు నాలుగు ఐదు చాలా శ్రీ శ్రీమతి డాక్టర్ మిస్టర్"
    )
    - _set("ఆమె"),
    adjectives=_set(
        "పెద్ద చిన్న మంచి చెడ్డ కొత్త పాత ముసలి మొత్తం వేరే మరో ఇంకో మొదటి చివరి నిజమైన నల్ల ఎర్ర తెల్ల అందమైన పేద పొడవైన"
    ),
    open_clause=_set(
        "మరియు కానీ కాని లేదా ఎందుకంటే అయితే ఒకవేళ కాబట్టి కనుక అందుకే అందువల్ల అందుచేత లేకపోతే లేకుంటే లేదంటే అయినా అయినప్పటికీ"
    ),
)

_KANNADA = WordClasses(
    cling_to_previous=_set(
        "ಮೇಲೆ ಕೆಳಗೆ ಒಳಗೆ ಹೊರಗೆ ಜೊತೆ ಜೊತೆಗೆ ಬಳಿ ಹತ್ತಿರ ಬಗ್ಗೆ ವರೆಗೆ ತನಕ ನಂತರ ಮೊದಲು"
        " ಮುಂದೆ ಹಿಂದೆ ಇಲ್ಲದೆ ಮೂಲಕ"
        " ಹಾಗೆ ಥರ ನಡುವೆ ಕಡೆ ಗೋಸ್ಕರ ಸಲುವಾಗಿ",
        "ಇಲ್ಲ ಅಲ್ಲ ಇದೆ ಇದ್ದಾನೆ ಇದ್ದಾಳೆ ಇದ್ದಾರೆ ಇದ್ದೇನೆ ಇದ್ದೀಯ ಇವೆ ಇತ್ತು ಇದ್ದ ಇದ್ದಳು"
        " ಬೇಕು ಬೇಡ ಆಗುತ್ತೆ ಆಗುತ್ತದೆ ಆಗಲ್ಲ"
        " ಆಯಿತು ಆಗಿದೆ ಬಾರದು ಬಹುದು ಬಿಟ್ಟ ಬಿಟ್ಟಳು ಬಿಡು ಕೊಡು ಹೋಯಿತು",
        "ಕೂಡ ಸಹ ಮಾತ್ರ ಎಂದು ಅಂತ ಅವರು ಅವರೇ ಸಾರ್ ಅಣ್ಣ ಅಮ್ಮ",
    )
    - _set("ಅವರು ಅವರೇ"),
    cling_to_next=_set(
        "ಒಂದು ಒಬ್ಬ ಈ ಆ ಯಾವ ನನ್ನ ನಿನ್ನ ನಮ್ಮ ನಿಮ್ಮ ಅವನ ಅವಳ ಅವರ ತನ್ನ ಕೆಲವು ಎಲ್ಲಾ ಎಲ್ಲ"
        " ಪ್ರತಿ ಎರಡು ಮೂರು ನಾಲ್ಕು ಐದು"
        " ತುಂಬಾ ಬಹಳ ಶ್ರೀ ಶ್ರೀಮತಿ ಡಾ ಡಾ. ಡಾಕ್ಟರ್ ಮಿಸ್ಟರ್"
    ),
    adjectives=_set(
        "ದೊಡ್ಡ ಚಿಕ್ಕ ಸಣ್ಣ ಒಳ್ಳೆಯ ಒಳ್ಳೆ ಕೆಟ್ಟ ಹೊಸ ಹಳೆಯ ಹಳೇ ಮುದುಕ ಇಡೀ ಬೇರೆ ಇನ್ನೊಂದು ಮೊದಲ"
        " ಕೊನೆಯ ನಿಜವಾದ ಕಪ್ಪು ಕೆಂಪು ಬಿಳಿ ಸುಂದರ ಬಡ ಉದ್ದ"
    ),
    open_clause=_set("ಮತ್ತು ಆದರೆ ಅಥವಾ ಏಕೆಂದರೆ ಯಾಕೆಂದರೆ ಹಾಗಾಗಿ ಆದ್ದರಿಂದ ಅದಕ್ಕೆ ಇಲ್ಲದಿದ್ದರೆ ಆದರೂ"),
)

_MALAYALAM = WordClasses(
    cling_to_previous=_set(
        "മേൽ മുകളിൽ താഴെ ഉള്ളിൽ അകത്ത് പുറത്ത് കൂടെ ഒപ്പം അടുത്ത് കുറിച്ച് പറ്റി വരെ"
        " ശേഷം മുമ്പ് മുമ്പേ മുന്നിൽ"
        " പിന്നിൽ ഇല്ലാതെ വഴി പോലെ ഇടയിൽ വേണ്ടി നിന്ന് കൊണ്ട് കാൾ നേരെ",
        "ഇല്ല അല്ല ഉണ്ട് ഉണ്ടായിരുന്നു ആണ് ആയിരുന്നു ആകും വേണം വേണ്ട കഴിയും കഴിയില്ല"
        " പറ്റും പറ്റില്ല പാടില്ല പോയി"
        " വന്നു ഇരിക്കുന്നു ഇരുന്നു കൊണ്ടിരിക്കുന്നു",
        "തന്നെ മാത്രം പോലും എന്ന് എന്നും എന്ന സാർ ചേട്ടാ ചേച്ചി മാഷ്",
    ),
    cling_to_next=_set(
        "ഒരു ഈ ആ ഏത് എന്റെ നിന്റെ നിങ്ങളുടെ ഞങ്ങളുടെ നമ്മുടെ അവന്റെ അവളുടെ അവരുടെ"
        " തന്റെ ചില എല്ലാ ഓരോ രണ്ട്"
        " മൂന്ന് നാല് അഞ്ച് വളരെ ശ്രീ ശ്രീമതി ഡോ ഡോ. ഡോക്ടർ മിസ്റ്റർ"
    ),
    adjectives=_set(
        "വലിയ ചെറിയ നല്ല ചീത്ത പുതിയ പഴയ വയസ്സായ മുഴുവൻ മറ്റ് മറ്റൊരു വേറെ ആദ്യ"
        " ആദ്യത്തെ അവസാന അവസാനത്തെ യഥാർത്ഥ കറുത്ത ചുവന്ന വെളുത്ത സുന്ദരമായ പാവപ്പെട്ട"
        " നീണ്ട"
    ),
    open_clause=_set("പക്ഷേ പക്ഷെ അല്ലെങ്കിൽ കാരണം അതുകൊണ്ട് അതിനാൽ എങ്കിലും എന്നാൽ കൂടാതെ എങ്കിൽ"),
)

_ENGLISH = WordClasses(
    cling_to_previous=_set("n't 's 'll 're 've 'd 'm please ago jr jr. sr sr."),
    cling_to_next=_set(
        _EN_DETERMINERS,
        _EN_TITLES,
        _EN_PREPOSITIONS,
        _EN_AUXILIARIES,
        _EN_NEGATIONS,
        _EN_CONJUNCTIONS,
        "to very too",
    )
    - _set(_EN_PRONOUNS),
    pronouns=_set(_EN_PRONOUNS),
    adjectives=_set(_EN_ADJECTIVES),
    open_clause=_set(_EN_CONJUNCTIONS) - _set("than that"),
    open_phrase=_set(_EN_PREPOSITIONS) - _set("of as like"),
)

_TABLES: dict[str, WordClasses] = {
    "en": _ENGLISH,
    "hi": _HINDI,
    "ta": _TAMIL,
    "te": _TELUGU,
    "bn": _BENGALI,
    "mr": _MARATHI,
    "gu": _GUJARATI,
    "kn": _KANNADA,
    "ml": _MALAYALAM,
    "pa": _PUNJABI,
    "ur": _URDU,
}
_NONE = WordClasses()


def word_classes(tag: str) -> WordClasses:
    """The table of a language's tag; one without any words where we have none.

    Lines of such a language break by punctuation and length alone: another language's words, even
    in the same script, would mislead more often than they help.
    """
    return _TABLES.get(tag, _NONE)


LANGUAGES_WITH_CLASSES = tuple(_TABLES)
"""The languages whose function words are known."""
